import type { MessageInitShape } from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  Health as HealthService,
  type HealthCheckRequest,
  HealthCheckResponse_ServingStatus as Status,
  type HealthCheckResponseSchema,
} from '@ostler/contracts/grpc';
import { AppError, type Clock, pause, systemClock } from '@ostler/kernel';

import { Health } from '../platform/http';
import { RpcRegistry } from '../platform/rpc';

const lookEveryMs = 5_000;

/**
 * The health check of gRPC (https://grpc.io/docs/guides/health-checking/), for load balancers and clients: the
 * same findings as GET /readyz. All services are served by one process, so they are well together.
 */
@Injectable()
export class HealthRpc implements OnModuleInit, ServiceImpl<typeof HealthService> {
  clock: Clock = systemClock;

  constructor(
    private readonly rpc: RpcRegistry,
    private readonly health: Health,
  ) {}

  onModuleInit(): void {
    this.rpc.service(HealthService, this);
  }

  async check({ service }: HealthCheckRequest) {
    const status = await this.statusOf(service);
    if (status === Status.SERVICE_UNKNOWN) throw AppError.notFound(`The service ${service}`);
    return { status };
  }

  async *watch({ service }: HealthCheckRequest, { signal }: Pick<HandlerContext, 'signal'>) {
    let told: Status | undefined;
    while (!signal.aborted) {
      const status = await this.statusOf(service);
      if (status !== told) yield { status } satisfies MessageInitShape<typeof HealthCheckResponseSchema>;
      told = status;
      await pause(this.clock, lookEveryMs, signal);
    }
  }

  private async statusOf(service: string): Promise<Status> {
    const isServed = this.rpc.services.some(({ service: { typeName } }) => typeName === service);
    if (service !== '' && !isServed) return Status.SERVICE_UNKNOWN;
    const findings = await this.health.findings();
    return findings.every(({ trouble }) => trouble === '') ? Status.SERVING : Status.NOT_SERVING;
  }
}
