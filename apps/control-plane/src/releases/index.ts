export { MOST_BYTES as MOST_RELEASE_BYTES } from './release-index';
export { Releases } from './releases.service';
export { ReleasesModule } from './releases.module';
