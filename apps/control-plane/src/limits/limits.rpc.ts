import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LimitService } from '@ostler/contracts';

import { Config } from '../config';
import { RpcRegistry } from '../platform/rpc';
import { everyLimit } from './every-limit';

/** Tells whoever is signed in what is bounded, with the values that count in this process. */
@Injectable()
export class LimitsRpc implements OnModuleInit, ServiceImpl<typeof LimitService> {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.rpc.service(LimitService, this);
  }

  list() {
    const groups = Object.entries(everyLimit(this.config.values));
    const limits = groups.flatMap(([group, texts]) =>
      texts.map((text) => ({ ...text, group, value: BigInt(text.value) })),
    );
    return { limits };
  }
}
