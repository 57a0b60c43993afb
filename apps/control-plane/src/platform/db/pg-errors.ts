/** SQLSTATE of an error from PostgreSQL, through TypeORM's wrapping; a socket's code; '' for others. */
export function codeOf(error: unknown): string {
  const inner = (error as { driverError?: unknown } | undefined)?.driverError ?? error;
  const code = (inner as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

const serializationFailure = '40001';
const deadlockDetected = '40P01';

/** True when the same transaction may succeed at once. */
export function isWorthAnotherTry(error: unknown): boolean {
  const code = codeOf(error);
  return code === serializationFailure || code === deadlockDetected;
}

const goneCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  '57P01',
  '57P02',
  '57P03',
  '53300',
]);
const goneMessages =
  /connection terminated|timeout exceeded when trying to connect|not queryable|connection timeout|query runner already released/i;

/** True when the database is away: restarting, out of connections, unreachable. It may be back soon. */
export function isDatabaseAway(error: unknown): boolean {
  const code = codeOf(error);
  if (goneCodes.has(code) || code.startsWith('08')) return true;
  return error instanceof Error && goneMessages.test(error.message);
}
