// The library's container wants the polyfill before it is loaded.
import 'reflect-metadata';

export * from '@peculiar/x509';
