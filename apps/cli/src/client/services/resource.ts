export { ResourceService } from '@ostler/contracts';
