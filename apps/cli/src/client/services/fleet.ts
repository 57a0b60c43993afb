export { FleetService } from '@ostler/contracts';
