import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { AuditModule } from '../../audit';
import { IdentityModule } from '../../identity';
import { Vault } from '../../platform/crypto';
import { PlatformModule } from '../../platform/platform.module';
import { openStorageBeside } from '../data-folder';
import type { ControlContext } from './control-command';

@Module({})
class BesideModule {}

/** Who calls and what is audited, which everything needs, and some rooms on the database of a control plane that may be running, for the time of one piece of work. */
export async function beside<T>(
  { config, log }: ControlContext,
  rooms: readonly object[],
  work: (app: INestApplicationContext) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const { database, masterKey } = await openStorageBeside(config.values, log, stack);
  const platform = PlatformModule.with({ config, database, vault: new Vault(masterKey), log });
  const app = await NestFactory.createApplicationContext(
    { module: BesideModule, imports: [platform, AuditModule, IdentityModule, ...rooms] as never[] },
    { logger: false, abortOnError: false },
  );
  stack.defer(() => app.close());
  return await work(app);
}
