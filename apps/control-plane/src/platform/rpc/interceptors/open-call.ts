import type { Interceptor, StreamResponse } from '@connectrpc/connect';
import { ErrorReason } from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';

import type { Log } from '../../log';
import { type Call, calls } from '../call';
import { asAppError, toConnectError } from '../map-error';
import { methodName } from '../mutations';
import { passageKey } from '../passage';
import { peerKey } from '../peer';
import { rateLimitHeaders } from '../rate-limit';
import type { RpcMetrics } from '../rpc-metrics';
import { traceOf } from '../trace';

/** The trace, told with every answer, so that a person can ask about it. */
const traceHeader = 'x-request-id';

type Handler = ReturnType<Interceptor>;
type Request = Parameters<Handler>[0];

/** Outermost: makes the call that everything below reads, and turns every error into one of the contract. */
export function openCall(log: Log, metrics: RpcMetrics, onStreamMessage: () => Promise<void>): Interceptor {
  return (next) => async (request) => {
    const call = newCall(request);
    enter(request);
    const end = ending(log, metrics, call);
    try {
      const response = await calls.run(call, () => next(request));
      tell(call, response.header);
      if (!response.stream) end('OK');
      return response.stream ? withinCall(response) : response;
    } catch (error) {
      throw wireError(error);
    }

    function wireError(error: unknown): Error {
      const known = asAppError(error) ?? internal(log, call, error);
      end(ErrorReason[known.reason]);
      const wire = toConnectError(known);
      tell(call, wire.metadata);
      return wire;
    }

    /** A generator runs in the context of whoever pulls, so each pull is put back into the call. */
    function withinCall(response: StreamResponse): StreamResponse {
      return { ...response, message: pull(response.message) };
    }

    async function* pull<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
      const source = messages[Symbol.asyncIterator]();
      try {
        for (;;) {
          const { done, value } = await calls.run(call, () => source.next());
          if (done) return end('OK');
          await calls.run(call, onStreamMessage);
          yield value;
        }
      } catch (error) {
        throw wireError(error);
      } finally {
        await calls.run(call, async () => source.return?.());
        end('OK');
      }
    }
  };
}

function enter({ contextValues }: Request): void {
  const passage = contextValues.get(passageKey);
  if (!passage.hasEntered) passage.hasEntered = true;
}

function tell(call: Call, header: Headers): void {
  header.set(traceHeader, call.trace.traceId);
  for (const [name, value] of call.allowance ? rateLimitHeaders(call.allowance) : []) header.set(name, value);
}

/** Counts the call and, for who looks at every call, writes how it ended. */
function ending(log: Log, metrics: RpcMetrics, call: Call): (result: string) => void {
  const method = methodName(call);
  const end = metrics.begin(method);
  let hasEnded = false;
  return (result) => {
    end(result);
    if (!hasEnded) log.debug('a call ended', { method, result, actor: call.caller?.actor });
    hasEnded = true;
  };
}

function newCall(request: Request): Call {
  const { address, secure } = request.contextValues.get(peerKey);
  return {
    service: request.service,
    method: request.method,
    trace: traceOf(request.header),
    address,
    header: request.header,
    secure,
    caller: undefined,
    requestId: '',
    notes: [],
    auditSkipped: false,
    auditTenantUid: undefined,
  };
}

/** What happened goes to the log; the caller gets a number to ask about. */
function internal(log: Log, call: Call, error: unknown): AppError {
  const stack = error instanceof Error ? error.stack : undefined;
  calls.run(call, () =>
    log.error('a call failed', { method: methodName(call), error: messageOf(error), stack }),
  );
  return new AppError(
    ErrorReason.INTERNAL,
    `Something went wrong on our side. The log has it as ${call.trace.traceId}.`,
  );
}
