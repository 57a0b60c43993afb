import { Global, Module } from '@nestjs/common';

import { Authenticator } from '../platform/rpc';
import { ApiTokensRepository } from './api-tokens.repository';
import { ApiTokensService } from './api-tokens.service';
import { AttemptsRepository } from './attempts.repository';
import { Attempts } from './attempts.service';
import { BrowserSignInRepository } from './browser-sign-in.repository';
import { BrowserSignInRpc } from './browser-sign-in.rpc';
import { BrowserSignIns } from './browser-sign-in.service';
import { CallerCache } from './caller-cache';
import { FirstOwner } from './first-owner.service';
import { HousekeepingLoop } from './housekeeping.loop';
import { IdentityRpc } from './identity.rpc';
import { PeopleRepository } from './people.repository';
import { PeopleService } from './people.service';
import { SessionAuthenticator } from './session-authenticator';
import { SessionsRepository } from './sessions.repository';
import { SignInService } from './sign-in.service';

@Global()
@Module({
  providers: [
    ApiTokensRepository,
    ApiTokensService,
    Attempts,
    AttemptsRepository,
    BrowserSignInRepository,
    BrowserSignInRpc,
    BrowserSignIns,
    CallerCache,
    FirstOwner,
    HousekeepingLoop,
    IdentityRpc,
    PeopleRepository,
    PeopleService,
    SessionAuthenticator,
    SessionsRepository,
    SignInService,
    { provide: Authenticator, useExisting: SessionAuthenticator },
  ],
  exports: [Authenticator, FirstOwner, PeopleRepository],
})
export class IdentityModule {}
