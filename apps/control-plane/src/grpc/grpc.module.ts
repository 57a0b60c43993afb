import { Module } from '@nestjs/common';

import { HealthRpc } from './health.rpc';
import { ReflectionRpc } from './reflection.rpc';

/** The services that tools of gRPC expect of every server: health and reflection. */
@Module({ providers: [HealthRpc, ReflectionRpc] })
export class GrpcModule {}
