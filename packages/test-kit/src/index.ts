export * from './fake-clock';
export * from './tcp-proxy';
