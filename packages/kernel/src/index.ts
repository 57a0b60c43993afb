export * from './admission';
export * from './app-error';
export * from './async-queue';
export * from './backoff';
export * from './clock';
export * from './ids';
export * from './serial';
export * from './waker';
