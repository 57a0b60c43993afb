export { OperationService } from '@ostler/contracts';
