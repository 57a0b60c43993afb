export * from './empty';
export * from './failing';
export * from './full';
export * from './hostile';
