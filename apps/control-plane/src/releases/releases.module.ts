import { Module } from '@nestjs/common';

import { ReleaseRepository } from './release.repository';
import { ReleaseRpc } from './release.rpc';
import { ReleaseService } from './release.service';
import { Releases } from './releases.service';

/** Content of static sites, addressed by what is in it. */
@Module({
  providers: [ReleaseRepository, ReleaseRpc, Releases, ReleaseService],
  exports: [Releases],
})
export class ReleasesModule {}
