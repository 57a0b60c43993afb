export { ReleaseService } from '@ostler/contracts';
