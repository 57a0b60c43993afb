export { IdentityService } from '@ostler/contracts';
