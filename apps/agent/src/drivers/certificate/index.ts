export { CertificateFiles } from './certificate-files';
export { Challenges } from './challenges';
export { CertificateDriver } from './driver';
export type { IssueParts } from './issue';
