import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { NestFactory } from '@nestjs/core';

import { AuditModule } from '../audit';
import type { Config } from '../config';
import { type FirstLogin, FirstOwner, IdentityModule } from '../identity';
import { Vault } from '../platform/crypto';
import type { Log } from '../platform/log';
import { PlatformModule } from '../platform/platform.module';
import { openStorageBeside } from './data-folder';

/** Gives an owner (or the person with this e-mail) a new first password. Works beside a running control plane. */
export async function resetLogin(config: Config, log: Log, email: string | undefined): Promise<FirstLogin> {
  await using stack = new AsyncDisposableStack();
  const { database, masterKey } = await openStorageBeside(config.values, log, stack);
  const platform = PlatformModule.with({ config, database, vault: new Vault(masterKey), log });
  const app = await NestFactory.createApplicationContext(
    { module: ResetLoginModule, imports: [platform, AuditModule, IdentityModule] },
    { logger: false, abortOnError: false },
  );
  stack.defer(() => app.close());
  const login = await app.get(FirstOwner).resetLogin(email);
  if (!login)
    throw new AppError(
      ErrorReason.NOT_FOUND,
      email ? `Nobody has the e-mail ${email}.` : 'There is no owner yet.',
    );
  return login;
}

class ResetLoginModule {}
