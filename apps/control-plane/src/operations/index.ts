export { OperationsService } from './operations.service';
export { OperationsModule } from './operations.module';
export { SignedReleases } from './signed-releases';
