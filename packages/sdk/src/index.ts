export * from './client';
export * from './explain-error';
export * from './follow-output';
export * from './live-state';
export * from './pages';
export * from './request-id';
export * from './run-operation';
export * from './watch-live';
