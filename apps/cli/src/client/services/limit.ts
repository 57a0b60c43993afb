export { LimitService } from '@ostler/contracts';
