export { ostlerTransport } from '@ostler/sdk';
