import { type DynamicModule, Global, Module } from '@nestjs/common';

import { Config } from '../config';
import { Vault } from './crypto';
import { Database, UnitOfWork, Wake } from './db';
import { Addresses, Health, Upgrades } from './http';
import { Log } from './log';
import { Loops } from './loops';
import { Metrics } from './metrics';
import { InternalCalls, Mutations, RpcHandler, RpcMetrics, RpcRegistry, StreamCalls } from './rpc';

export interface PlatformParts {
  readonly config: Config;
  readonly database: Database;
  readonly vault: Vault;
  readonly log: Log;
}

const own = [
  Addresses,
  Health,
  InternalCalls,
  UnitOfWork,
  Wake,
  Loops,
  Metrics,
  RpcMetrics,
  RpcRegistry,
  Mutations,
  RpcHandler,
  StreamCalls,
  Upgrades,
];

/** What every room may inject. */
@Global()
@Module({})
export class PlatformModule {
  static with({ config, database, vault, log }: PlatformParts): DynamicModule {
    const given = [
      { provide: Config, useValue: config },
      { provide: Database, useValue: database },
      { provide: Vault, useValue: vault },
      { provide: Log, useValue: log },
    ];
    return {
      module: PlatformModule,
      providers: [...given, ...own],
      exports: [Config, Database, Vault, Log, ...own],
    };
  }
}
