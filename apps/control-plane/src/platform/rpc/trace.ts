import { randomBytes } from 'node:crypto';

/** Where a call stands in a trace, by W3C Trace Context (https://www.w3.org/TR/trace-context/). */
export interface Trace {
  /** 32 hexadecimal digits: the caller's, or begun here. */
  readonly traceId: string;
  /** What goes on from here: the same trace, with the call as the parent. */
  readonly traceparent: string;
}

// Version, trace, parent, flags; a later version may have more behind them.
const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const zeros = /^0+$/;
/** Nobody has decided to record it. */
const notSampled = '00';

/** The trace that a caller names, or another one when it names none or one that the standard refuses. */
export function traceOf(header: Headers): Trace {
  const [, version, traceId = '', parentId = '', flags = '', more] =
    pattern.exec(header.get('traceparent') ?? '') ?? [];
  const isGood =
    version !== undefined &&
    version !== 'ff' &&
    !(version === '00' && more !== undefined) &&
    !zeros.test(traceId) &&
    !zeros.test(parentId);
  return isGood ? goneOn(traceId, flags) : newTrace();
}

/** For what the control plane does by itself. */
export function newTrace(): Trace {
  return goneOn(randomBytes(16).toString('hex'), notSampled);
}

function goneOn(traceId: string, flags: string): Trace {
  const callId = randomBytes(8).toString('hex');
  return { traceId, traceparent: `00-${traceId}-${callId}-${flags}` };
}
