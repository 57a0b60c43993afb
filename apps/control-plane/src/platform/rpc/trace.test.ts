import { describe, expect, it } from 'vitest';

import { newTrace, traceOf } from './trace';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const of = (traceparent: string) => traceOf(new Headers({ traceparent }));

describe('a trace', () => {
  it('goes on with the call as its parent, flags and all', () => {
    const trace = of(`00-${traceId}-${parentId}-01`);
    expect(trace.traceId).toBe(traceId);
    expect(trace.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(trace.traceparent).not.toContain(parentId);
  });

  it('is taken from a later version, whatever that has added', () => {
    expect(of(`cc-${traceId}-${parentId}-01-what-comes`).traceId).toBe(traceId);
  });

  it.each([
    ['nothing', ''],
    ['a version that is forbidden', `ff-${traceId}-${parentId}-01`],
    ['more than version 00 has', `00-${traceId}-${parentId}-01-more`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['a parent of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['capital letters', `00-${traceId.toUpperCase()}-${parentId}-01`],
    ['line breaks and markup', '<script>'],
  ])('is begun anew for %s', (_what, traceparent) => {
    const trace = of(traceparent);
    expect(trace.traceId).not.toBe(traceId);
    expect(trace.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  it('is another one each time', () => {
    expect(newTrace().traceId).not.toBe(newTrace().traceId);
  });
});
