import { Injectable } from '@nestjs/common';
import { ErrorReason, type Permission, type Role } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { lowerRole, permissionsOfRole, permissionsWithin } from '../access';
import { hashToken, type TokenUse, useOfToken } from '../platform/crypto';
import { UnitOfWork } from '../platform/db';
import { Authenticator, type Caller, type Credentials } from '../platform/rpc';
import { CallerCache } from './caller-cache';
import { readSessionCookie } from './session-cookie';
import { type CallerRow, SessionsRepository } from './sessions.repository';

interface Found {
  readonly caller: Caller;
  readonly expiresAt: Date;
}

/** Finds who calls: a bearer token of a session or of the API, else the session cookie. */
@Injectable()
export class SessionAuthenticator extends Authenticator {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly sessions: SessionsRepository,
    private readonly cache: CallerCache,
  ) {
    super();
  }

  override async authenticate(call: Credentials): Promise<Caller | undefined> {
    const bearer = bearerOf(call.header.get('authorization'));
    const token = bearer ?? readSessionCookie(call);
    if (token === undefined) return undefined;
    const use = useOfToken(token);
    // A cookie of another installation on the same name is no attack: it is as if there were none.
    if (bearer === undefined && use !== 'session') return undefined;
    if (use !== 'session' && use !== 'api') throw wrongCredentials();
    return this.find(hashToken(token), use);
  }

  private async find(hash: Buffer, use: TokenUse): Promise<Caller> {
    const key = hash.toString('base64');
    const cached = this.cache.get(key, Date.now());
    if (cached) return cached;
    const store = this.cache.begin(key);
    const { caller, expiresAt } = await this.unitOfWork.asSystem('authenticate', () =>
      use === 'session' ? this.bySession(hash) : this.byApiToken(hash),
    );
    store(caller, expiresAt.getTime(), Date.now());
    return caller;
  }

  private async bySession(hash: Buffer): Promise<Found> {
    const row = await this.sessions.findBySession(hash);
    if (!row || row.disabled) throw wrongCredentials();
    if (row.is_stale) await this.sessions.touchSession(hash);
    const caller = {
      ...callerOf(row, row.role, permissionsOfRole(row.role)),
      actor: row.email,
      sessionHash: hash,
    };
    return { caller, expiresAt: row.expires_at };
  }

  private async byApiToken(hash: Buffer): Promise<Found> {
    const row = await this.sessions.findByApiToken(hash);
    if (!row || row.disabled || row.revoked_at) throw wrongCredentials();
    if (row.expires_at <= new Date()) {
      throw new AppError(
        ErrorReason.TOKEN_EXPIRED,
        `The API token ${row.token_name} has expired; make a new one.`,
      );
    }
    if (row.is_stale) await this.sessions.touchApiToken(row.token_uid);
    const role = lowerRole(row.token_role, row.role);
    const caller = callerOf(row, role, permissionsWithin(role, row.scopes));
    return {
      caller: { ...caller, actor: row.token_name, apiTokenUid: row.token_uid },
      expiresAt: row.expires_at,
    };
  }
}

function callerOf(row: CallerRow, role: Role, permissions: readonly Permission[]): Omit<Caller, 'actor'> {
  return {
    personUid: row.person_uid,
    tenantUid: row.tenant_uid,
    tenantUids: row.tenant_uids,
    role,
    permissions: new Set(permissions),
    mustChangePassword: row.must_change_password,
  };
}

function bearerOf(authorization: string | null): string | undefined {
  return /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

function wrongCredentials(): AppError {
  return new AppError(
    ErrorReason.UNAUTHENTICATED,
    'This session or token is not known, or has ended. Sign in again.',
  );
}
