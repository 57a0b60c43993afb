import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type AddPersonRequest,
  type ChangePasswordRequest,
  ChangePasswordResponseSchema,
  type CreateApiTokenRequest,
  IdentityService,
  type RevokeApiTokenRequest,
  type SignInRequest,
  type SignOutRequest,
  type UpdatePersonRequest,
} from '@ostler/contracts';

import { queryOne } from '../platform/db';
import { audit, currentCall, Mutations, RpcRegistry } from '../platform/rpc';
import { ApiTokensService } from './api-tokens.service';
import { toApiToken, toPerson } from './identity-messages';
import { PeopleService } from './people.service';
import { sessionCookie } from './session-cookie';
import { SignInService } from './sign-in.service';

type Part = Omit<
  ServiceImpl<typeof IdentityService>,
  'beginBrowserSignIn' | 'takeBrowserSignIn' | 'getBrowserSignIn' | 'decideBrowserSignIn'
>;

@Injectable()
export class IdentityRpc implements OnModuleInit, Part {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly mutations: Mutations,
    private readonly signInService: SignInService,
    private readonly people: PeopleService,
    private readonly tokens: ApiTokensService,
  ) {}

  onModuleInit(): void {
    // These two compute argon2 and must not hold a transaction meanwhile.
    this.rpc.service(IdentityService, this, { ownUnit: ['signIn', 'changePassword'] });
  }

  async signIn(request: SignInRequest, context: HandlerContext) {
    const email = request.email.trim().toLowerCase();
    const { person, token, expiresAt } = await this.signInService.signIn(email, request.password);
    if (!request.withToken) context.responseHeader.append('set-cookie', sessionCookie(token));
    const sessionToken = request.withToken ? token : '';
    return { person: toPerson(person), sessionToken, expiresAt: timestampFromDate(expiresAt) };
  }

  async signOut(_request: SignOutRequest, context: HandlerContext) {
    audit.note({ subject: `person ${currentCall().actor}` });
    await this.signInService.signOut();
    context.responseHeader.append('set-cookie', sessionCookie(undefined));
    return {};
  }

  async whoAmI() {
    const { tenantUid, personUid, apiTokenUid, permissions } = currentCall();
    const tenant = await queryOne<{ name: string }>('select name from tenant where uid = $1', [tenantUid]);
    const tokens = apiTokenUid ? await this.tokens.list() : [];
    const apiToken = tokens.find(({ uid }) => uid === apiTokenUid);
    return {
      person: toPerson(await this.people.get(personUid)),
      apiToken: apiToken && toApiToken(apiToken),
      tenantUid,
      tenantName: tenant?.name ?? '',
      permissions: [...permissions],
    };
  }

  async changePassword(request: ChangePasswordRequest) {
    audit.note({ subject: `person ${currentCall().actor}`, message: 'changed the password' });
    const hash = await this.signInService.prepareChange(request.currentPassword, request.newPassword);
    return this.mutations.unit(async () => {
      await this.signInService.storePassword(hash);
      return create(ChangePasswordResponseSchema);
    });
  }

  async listPeople() {
    return { people: (await this.people.list()).map(toPerson) };
  }

  async addPerson(request: AddPersonRequest) {
    const { person, firstPassword } = await this.people.add(request);
    return { person: toPerson(person), firstPassword };
  }

  async updatePerson(request: UpdatePersonRequest) {
    const { uid, role, disabled, resetPassword } = request;
    const { person, firstPassword } = await this.people.update({ uid, role, disabled, resetPassword });
    return { person: toPerson(person), firstPassword };
  }

  async createApiToken(request: CreateApiTokenRequest) {
    const { apiToken, token } = await this.tokens.add(request);
    return { apiToken: toApiToken(apiToken), token };
  }

  async listApiTokens() {
    return { apiTokens: (await this.tokens.list()).map(toApiToken) };
  }

  async revokeApiToken(request: RevokeApiTokenRequest) {
    await this.tokens.revoke(request.uid);
    return {};
  }
}
