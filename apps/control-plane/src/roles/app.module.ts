import { type DynamicModule, Module } from '@nestjs/common';

import { AgentUpdatesModule } from '../agent-updates';
import { AuditModule } from '../audit';
import { AuthorityModule } from '../authority';
import { FleetModule } from '../fleet';
import { GrpcModule } from '../grpc';
import { IdentityModule } from '../identity';
import { InstallerModule } from '../installer';
import { LimitsModule } from '../limits';
import { LinkModule } from '../link';
import { LiveModule } from '../live';
import { ManifestModule } from '../manifest';
import { OperationsModule } from '../operations';
import { PlatformModule, type PlatformParts } from '../platform/platform.module';
import { ReleasesModule } from '../releases';
import { ResourcesModule } from '../resources';

/** Every feature room. */
export const rooms = [
  AgentUpdatesModule,
  AuditModule,
  AuthorityModule,
  FleetModule,
  GrpcModule,
  IdentityModule,
  InstallerModule,
  LimitsModule,
  LinkModule,
  LiveModule,
  ManifestModule,
  OperationsModule,
  ReleasesModule,
  ResourcesModule,
];

/** Every room of the process role `all`: API, gateway and worker in one. */
@Module({})
export class AppModule {
  static with(parts: PlatformParts): DynamicModule {
    return { module: AppModule, imports: [PlatformModule.with(parts), ...rooms] };
  }
}
