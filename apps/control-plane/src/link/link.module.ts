import { Module } from '@nestjs/common';
import { AuthorityModule } from '../authority';
import { AgentCalls } from './agent-calls';
import { AgentPackages } from './agent-packages';
import { ChallengeRelay } from './challenge-relay';
import { ConnectedAgents } from './connected-agents';
import { ContentRpc } from './content.rpc';
import { DevelopmentCertificates } from './development-certificates';
import { ManifestModule } from '../manifest';
import { ReleasesModule } from '../releases';
import { EngineSources } from './engine-sources';
import { AgentFeatures } from './features';
import { LanesRpc } from './lanes.rpc';
import { LinkService } from './link.service';
import { PlacedCertificates } from './placed-certificates';
import { TrustRpc } from './trust.rpc';

@Module({
  imports: [AuthorityModule, ManifestModule, ReleasesModule],
  providers: [
    AgentCalls,
    AgentFeatures,
    AgentPackages,
    ChallengeRelay,
    ConnectedAgents,
    ContentRpc,
    DevelopmentCertificates,
    EngineSources,
    LanesRpc,
    LinkService,
    PlacedCertificates,
    TrustRpc,
  ],
  exports: [AgentFeatures, AgentPackages, ConnectedAgents, LinkService],
})
export class LinkModule {}
