import type { ExplainedError } from '@ostler/sdk';
import { safe, type Style } from './style';

/** A failure in words, for the error stream. */
export function errorText(error: ExplainedError, style: Style): string {
  const lines = [`${style.bad('error')} ${safe(error.title)} ${style.dim(`(${error.reasonName})`)}`];
  if (error.violations.length === 0) lines.push(`  ${safe(error.message, { block: true })}`);
  for (const violation of error.violations) {
    const where = violation.field === '' ? '' : `${style.strong(safe(violation.field))}: `;
    lines.push(`  ${where}${safe(violation.message)}`);
  }
  const left = leftOut(error);
  if (left > 0) lines.push(`  and ${left} more`);
  if (error.retryAfterSeconds > 0) lines.push(`  Try again in ${error.retryAfterSeconds} s.`);
  const next = nextSteps[error.reasonName];
  if (next) lines.push(`  ${next}`);
  return lines.join('\n');
}

/** An answer carries as many violations as every client takes; its message counts those after the first. */
function leftOut({ message, violations }: ExplainedError): number {
  const afterFirst = Number(/\(and (\d+) more\)/.exec(message)?.[1] ?? 0);
  return Math.max(0, afterFirst + 1 - Math.max(1, violations.length));
}

/** For programs, with `-o json`. */
export function errorJson(error: ExplainedError): string {
  const { reasonName, title, message, violations, retryAfterSeconds } = error;
  return JSON.stringify({ error: { reason: reasonName, title, message, violations, retryAfterSeconds } });
}

const nextSteps: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'Sign in: ostler sign-in --url http://localhost:7070',
  PASSWORD_CHANGE_REQUIRED: 'Change it: ostler change-password',
  TOKEN_EXPIRED: 'Sign in again: ostler sign-in',
};
