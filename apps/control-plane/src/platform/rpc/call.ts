import { AsyncLocalStorage } from 'node:async_hooks';

import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { ErrorReason, type Permission, type Role } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

/** Who calls, as authentication found it. */
export interface Caller {
  /** A person's e-mail or a token's name: for people and the audit. */
  readonly actor: string;
  readonly personUid: string;
  /** Set when an API token was used. */
  readonly apiTokenUid?: string;
  /** Set when a sign-in session was used. */
  readonly sessionHash?: Buffer;
  readonly tenantUid: string;
  /** The tenant and those nested in it. */
  readonly tenantUids: readonly string[];
  /** The role that holds now: of a token never above its owner's. */
  readonly role: Role;
  readonly permissions: ReadonlySet<Permission>;
  readonly mustChangePassword: boolean;
}

/** One entry that the audit will get when the call ends. */
export interface AuditNote {
  /** What it was about: kind and name, server name, person. */
  readonly subject?: string;
  readonly resourceUid?: string;
  readonly generation?: bigint;
  /** In words, without secrets. */
  readonly message?: string;
}

/** One call on its way through the chain. */
export interface Call {
  readonly service: DescService;
  readonly method: DescMethod;
  /** Of this call alone: written to the log beside an internal error and told to the caller. */
  readonly correlationId: string;
  /** The caller's address. */
  readonly address: string;
  readonly header: Headers;
  /** True on a TLS listener, where cookies are Secure. */
  readonly secure: boolean;
  caller: Caller | undefined;
  /** Chosen by the caller; empty for what is no mutation. */
  requestId: string;
  readonly notes: AuditNote[];
  /** Set when the call changed nothing, as a dry run, or wrote its own entry. */
  auditSkipped: boolean;
  /** The tenant that an unknown caller's failure belongs to, where one is found. */
  auditTenantUid: string | undefined;
}

export const calls = new AsyncLocalStorage<Call>();

/** The call that this code serves, with its caller. @throws AppError UNAUTHENTICATED without one. */
export function currentCall() {
  const call = calls.getStore();
  if (!call?.caller) throw new AppError(ErrorReason.UNAUTHENTICATED, 'Sign in first.');
  const { caller, requestId, address } = call;
  return { ...caller, actorUid: caller.apiTokenUid ?? caller.personUid, requestId, address };
}

/** The call that this code serves, also before the caller is known. */
export function anyCall(): Call {
  const call = calls.getStore();
  if (!call) throw new Error('no call: this runs outside of the request pipeline');
  return call;
}

/** @throws AppError DENIED when the caller may not; for permissions that depend on what is asked. */
export function requirePermission(permission: Permission, toDoWhat: string): void {
  if (currentCall().permissions.has(permission)) return;
  throw new AppError(
    ErrorReason.DENIED,
    `You may not ${toDoWhat}. Ask an owner or admin for a role that may.`,
  );
}

/** What the audit is to know about the call; each call of it makes one entry when the mutation ends. */
export const audit = {
  note(note: AuditNote): void {
    calls.getStore()?.notes.push(note);
  },
  /** For a mutation that only tried, as a dry run: a success leaves no entry, a refusal still does. */
  nothingChanged(): void {
    const call = calls.getStore();
    if (call) call.auditSkipped = true;
  },
};
