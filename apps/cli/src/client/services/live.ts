export { LiveService } from '@ostler/contracts';
