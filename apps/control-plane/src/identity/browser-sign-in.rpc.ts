import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type BeginBrowserSignInRequest,
  type BrowserSignIn,
  BrowserSignInSchema,
  type DecideBrowserSignInRequest,
  DecideBrowserSignInResponseSchema,
  type GetBrowserSignInRequest,
  IdentityService,
  type TakeBrowserSignInRequest,
} from '@ostler/contracts';

import { RpcRegistry } from '../platform/rpc';
import type { BrowserSignInRow } from './browser-sign-in.repository';
import { BrowserSignIns } from './browser-sign-in.service';
import { toPerson } from './identity-messages';

const intervalSeconds = 2;

type Part = Pick<
  ServiceImpl<typeof IdentityService>,
  'beginBrowserSignIn' | 'takeBrowserSignIn' | 'getBrowserSignIn' | 'decideBrowserSignIn'
>;

@Injectable()
export class BrowserSignInRpc implements OnModuleInit, Part {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly browserSignIns: BrowserSignIns,
  ) {}

  onModuleInit(): void {
    // Both count what was tried even when it fails, so neither may be undone with the call.
    this.rpc.service(IdentityService, this, { ownUnit: ['getBrowserSignIn', 'decideBrowserSignIn'] });
  }

  async beginBrowserSignIn({ program, computer }: BeginBrowserSignInRequest) {
    const { secret, asked } = await this.browserSignIns.begin(program, computer);
    const path = `/approve?code=${asked.code}`;
    return {
      secret,
      code: asked.code,
      path,
      expiresAt: timestampFromDate(asked.expires_at),
      intervalSeconds,
    };
  }

  async takeBrowserSignIn({ secret }: TakeBrowserSignInRequest) {
    const { state, signedIn } = await this.browserSignIns.take(secret);
    if (!signedIn) return { state };
    const { person, token, expiresAt } = signedIn;
    const sessionExpiresAt = timestampFromDate(expiresAt);
    return { state, sessionToken: token, person: toPerson(person), sessionExpiresAt };
  }

  async getBrowserSignIn({ code }: GetBrowserSignInRequest) {
    return { browserSignIn: toMessage(await this.browserSignIns.find(code)) };
  }

  decideBrowserSignIn({ code, approve }: DecideBrowserSignInRequest) {
    return this.browserSignIns.decide(code, approve, (row) =>
      create(DecideBrowserSignInResponseSchema, { browserSignIn: toMessage(row) }),
    );
  }
}

function toMessage(row: BrowserSignInRow): BrowserSignIn {
  return create(BrowserSignInSchema, {
    code: row.code,
    program: row.program,
    computer: row.computer,
    address: row.address,
    createdAt: timestampFromDate(row.created_at),
    expiresAt: timestampFromDate(row.expires_at),
  });
}
