export { Releases } from './releases.service';
export { ReleasesModule } from './releases.module';
