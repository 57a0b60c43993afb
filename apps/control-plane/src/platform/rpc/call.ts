import { AsyncLocalStorage } from 'node:async_hooks';

import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { ErrorReason, type Permission, type Role } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import type { Allowance } from './rate-limit';
import type { Trace } from './trace';

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
  /** Told to the caller, and written beside every line of the log. */
  readonly trace: Trace;
  /** The caller's address. */
  readonly address: string;
  readonly header: Headers;
  /** True on a TLS listener, where cookies are Secure. */
  readonly secure: boolean;
  caller: Caller | undefined;
  /** What the caller may still do at the rate that holds for this call; told with the answer. */
  allowance?: Allowance;
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

/** Which call led to what is stored now; empty where no call did. */
export function causeOfCall(): { readonly requestId: string; readonly traceparent: string } {
  const call = calls.getStore();
  return { requestId: call?.requestId ?? '', traceparent: call?.trace.traceparent ?? '' };
}

/** By which numbers a line of the log is found that was written within a call. */
export function fieldsOfCall(): Readonly<Record<string, string>> {
  const call = calls.getStore();
  if (!call) return {};
  const { trace, requestId } = call;
  return requestId === '' ? { traceId: trace.traceId } : { traceId: trace.traceId, requestId };
}
