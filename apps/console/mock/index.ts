export * from './builders';
export * from './handler';
export * from './placements';
export * from './scenes';
export * from './serve';
export * from './transport';
export * from './world';
