import { Injectable } from '@nestjs/common';
import { ErrorReason, Permission, Role } from '@ostler/contracts';
import { AppError, newUid } from '@ostler/kernel';

import { isAbove } from '../access';
import { hashToken, newToken } from '../platform/crypto';
import { audit, currentCall } from '../platform/rpc';
import { type ApiTokenRow, ApiTokensRepository } from './api-tokens.repository';
import { CallerCache } from './caller-cache';

const defaultLifetimeDays = 90;

export interface AskedToken {
  readonly name: string;
  readonly role: Role;
  /** 0 means 90. */
  readonly lifetimeDays: number;
  readonly scopes: readonly Permission[];
}

/** Tokens for programs: of a person, never above that person's present role. */
@Injectable()
export class ApiTokensService {
  constructor(
    private readonly tokens: ApiTokensRepository,
    private readonly cache: CallerCache,
  ) {}

  /** @throws AppError DENIED, ALREADY_EXISTS. The token itself is shown this once. */
  async add(asked: AskedToken): Promise<{ apiToken: ApiTokenRow; token: string }> {
    const { tenantUid, personUid, role, apiTokenUid } = currentCall();
    audit.note({ subject: `API token ${asked.name}`, message: `role ${Role[asked.role].toLowerCase()}` });
    if (apiTokenUid) throw denied('An API token cannot make another one; sign in as a person.');
    if (isAbove(asked.role, role)) throw denied('role: a token may not do more than you may.');
    const [uid, token] = [newUid(), newToken('api')];
    const lifetimeDays = asked.lifetimeDays || defaultLifetimeDays;
    const row = { uid, tenantUid, personUid, ...asked, lifetimeDays, hash: hashToken(token) };
    if (!(await this.tokens.insert(row))) {
      throw new AppError(
        ErrorReason.ALREADY_EXISTS,
        `name: a token ${asked.name} is there already; revoke it first.`,
        {
          violations: [{ field: 'name', reason: 'TAKEN', message: 'is the name of another token' }],
        },
      );
    }
    return { apiToken: await this.get(uid), token };
  }

  /** One's own; everybody's for who may see people. */
  list(): Promise<ApiTokenRow[]> {
    const { tenantUid, personUid, permissions } = currentCall();
    return this.tokens.list(tenantUid, permissions.has(Permission.PEOPLE_READ) ? undefined : personUid);
  }

  /** @throws AppError NOT_FOUND, DENIED */
  async revoke(uid: string): Promise<void> {
    const token = await this.get(uid);
    const { personUid, permissions, role } = currentCall();
    audit.note({ subject: `API token ${token.name}`, message: `revoked; it was of ${token.owner_email}` });
    const isOwn = token.person_uid === personUid;
    if (!isOwn && !permissions.has(Permission.PEOPLE_WRITE)) throw AppError.notFound('This API token');
    if (!isOwn && isAbove(token.owner_role, role))
      throw denied('Only an owner may revoke the token of an owner.');
    await this.tokens.revoke(uid);
    this.cache.forgetAtCommit();
  }

  private async get(uid: string): Promise<ApiTokenRow> {
    const token = await this.tokens.find(currentCall().tenantUid, uid);
    if (!token) throw AppError.notFound('This API token');
    return token;
  }
}

function denied(message: string): AppError {
  return new AppError(ErrorReason.DENIED, message);
}
