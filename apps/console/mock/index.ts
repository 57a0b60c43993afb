export * from './handler';
export * from './scenes';
export * from './serve';
export * from './transport';
export * from './world';
