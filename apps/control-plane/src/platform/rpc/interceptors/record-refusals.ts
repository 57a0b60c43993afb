import type { Interceptor, StreamResponse } from '@connectrpc/connect';
import { messageOf } from '@ostler/kernel';

import type { UnitOfWork } from '../../db';
import type { Log } from '../../log';
import { refusalRecord } from '../audit-records';
import { anyCall, type Call } from '../call';
import { asAppError } from '../map-error';
import { rulesOf } from '../method-rules';
import type { AuditSink } from '../ports';

/**
 * Writes what was denied or refused, in a transaction of its own, because the call's was rolled back. Reads
 * are recorded only when denied. Callers who are nobody are told of and counted, so that they cannot fill
 * the trail.
 */
export function recordRefusals(sink: AuditSink, unitOfWork: UnitOfWork, log: Log): Interceptor {
  return (next) => async (request) => {
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: recorded(response) } : response;
    } catch (error) {
      await record(error);
      throw error;
    }

    async function* recorded({ message }: StreamResponse): StreamResponse['message'] & AsyncGenerator {
      try {
        yield* message;
      } catch (error) {
        await record(error);
        throw error;
      }
    }
  };

  async function record(error: unknown): Promise<void> {
    const call = anyCall();
    const entry = refusalRecord(call, asAppError(error) ?? error);
    if (!(rulesOf(call.method).isMutation || entry.outcome === 'denied')) return;
    const { tenantUid } = entry;
    try {
      if (!tenantUid) await sink.noteUnknown(entry);
      else await unitOfWork.asTenant(tenantsOf(call, tenantUid), () => sink.append([entry]));
    } catch (failure) {
      log.warn('a refusal could not be recorded', { method: entry.method, error: messageOf(failure) });
    }
  }
}

function tenantsOf(call: Call, tenantUid: string): readonly string[] {
  return call.caller?.tenantUids ?? [tenantUid];
}
