export { LibraryAcme } from './linux';
export { type Acme, type AcmeAccount, AcmeFailure, type AcmeOrder, type AcmeStage } from './port';
