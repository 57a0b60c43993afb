import { createHash } from 'node:crypto';

import { type DescMessage, fromBinary, type Message, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { Inject, Injectable } from '@nestjs/common';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { Vault } from '../crypto';
import { execute, executeWithCommit, isInUnit, prepared, queryOne, UnitOfWork } from '../db';
import { doneRecords } from './audit-records';
import { anyCall, type Call, currentCall } from './call';
import { rulesOf } from './method-rules';
import { AuditSink } from './ports';

interface LedgerRow {
  readonly actor_uid: string;
  readonly method: string;
  readonly body_hmac: Buffer;
  readonly response: Buffer;
}

const insertSql =
  prepared(`insert into request_ledger (tenant_uid, request_id, actor_uid, method, body_hmac, response)
  values ($1, $2, $3, $4, $5, '') on conflict do nothing`);
const keepSql = prepared('update request_ledger set response = $3 where tenant_uid = $1 and request_id = $2');

/** The body of the call under way, for the ledger. */
const bodies = new WeakMap<Call, Message>();

/**
 * The transaction of a mutation: what it changed, the first answer to its request id and its audit entries
 * are committed together or not at all.
 */
@Injectable()
export class Mutations {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly vault: Vault,
    @Inject(AuditSink) private readonly sink: AuditSink,
  ) {}

  /** For the chain: remembers the body that request ids are compared by. */
  keepBody(call: Call, body: Message): void {
    bodies.set(call, body);
  }

  /**
   * Runs the work of the present call as its tenant, once per request id: a repeat gets the first answer.
   * The chain does this for every mutation; a handler does so itself only where it is registered with
   * `ownUnit`.
   *
   * @throws AppError REQUEST_ID_REUSED when the id was used by somebody else or for something else.
   */
  unit<T extends Message>(work: () => Promise<T>): Promise<T> {
    if (isInUnit()) return work();
    const call = anyCall();
    return this.unitOfWork.asTenant(currentCall().tenantUids, async () => {
      const first = await this.takeRequestId(call);
      if (first) return first as T;
      const response = await work();
      this.keepResponse(call, response);
      if (!call.auditSkipped) await this.sink.append(doneRecords(call));
      return response;
    });
  }

  /** Undefined when this is the first call with the id. A parallel one waits here for the first to end. */
  private async takeRequestId(call: Call): Promise<Message | undefined> {
    if (!rulesOf(call.method).isIdempotent) return undefined;
    const { tenantUid, actorUid } = currentCall();
    const body = this.bodyHmac(call);
    const inserted = await execute(insertSql, [tenantUid, call.requestId, actorUid, methodName(call), body]);
    if (inserted === 1) return undefined;
    const row = await queryOne<LedgerRow>(
      'select actor_uid, method, body_hmac, response from request_ledger where tenant_uid = $1 and request_id = $2',
      [tenantUid, call.requestId],
    );
    const isSame =
      row?.actor_uid === actorUid && row.method === methodName(call) && row.body_hmac.equals(body);
    if (!isSame) throw reused();
    return fromBinary(call.method.output, this.vault.open(row.response, place(call)));
  }

  private keepResponse(call: Call, response: Message): void {
    if (!rulesOf(call.method).isIdempotent) return;
    const bytes = toBinary(call.method.output, response as MessageShape<DescMessage>);
    executeWithCommit(keepSql, [
      currentCall().tenantUid,
      call.requestId,
      this.vault.seal(bytes, place(call)),
    ]);
  }

  private bodyHmac(call: Call): Buffer {
    const body = bodies.get(call);
    if (!body) throw new Error('the chain keeps the body of every mutation');
    const bytes = toBinary(call.method.input, body as MessageShape<DescMessage>);
    return this.vault.hmac('request', createHash('sha256').update(bytes).digest());
  }
}

export function methodName(call: Call): string {
  return `${call.service.typeName}/${call.method.name}`;
}

function place(call: Call): string {
  return `request_ledger ${currentCall().tenantUid} ${call.requestId}`;
}

function reused(): AppError {
  return new AppError(
    ErrorReason.REQUEST_ID_REUSED,
    'request_id: this id was used for another request. Use a new UUID for every new request.',
    { violations: [{ field: 'requestId', reason: 'REUSED', message: 'was used for another request' }] },
  );
}
