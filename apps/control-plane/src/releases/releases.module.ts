import { Module } from '@nestjs/common';

import { ReleaseCleanUp } from './release-clean-up.loop';
import { ReleaseRepository } from './release.repository';
import { ReleaseRpc } from './release.rpc';
import { ReleaseService } from './release.service';
import { Releases } from './releases.service';

/** Content of static sites, addressed by what is in it. */
@Module({
  providers: [ReleaseCleanUp, ReleaseRepository, ReleaseRpc, Releases, ReleaseService],
  exports: [Releases],
})
export class ReleasesModule {}
