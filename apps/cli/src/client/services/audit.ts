export { AuditService } from '@ostler/contracts';
