export * from './hostile-values';
export * from './fake-clock';
export * from './tcp-proxy';
