export { OperationsService } from './operations.service';
export { MOST_OUTPUT_BYTES } from './output.repository';
export { OperationsModule } from './operations.module';
export { SignedReleases } from './signed-releases';
