/** The trace of a traceparent (W3C Trace Context), 32 hexadecimal digits; empty when there is none. */
export const traceIdOf = (traceparent: string): string => traceparent.split('-')[1] ?? '';
