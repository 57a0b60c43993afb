export { AuditModule } from './audit.module';
export { AuditTrail } from './audit.service';
