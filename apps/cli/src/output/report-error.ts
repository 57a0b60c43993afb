import { explainError, type ExplainedError } from '@ostler/sdk';
import { exitCodeOf } from './exit-code';
import { safe, type Style, styleOf } from './style';

export interface ReportOptions {
  readonly asJson: boolean;
  readonly colour: boolean;
  /** Of the control plane, for links to its docs. */
  readonly url: string;
}

/** Says on the error stream what went wrong; returns what the program ends with. */
export function reportError(error: unknown, { asJson, colour, url }: ReportOptions): number {
  const explained = explainError(error);
  const text = asJson ? errorJson(explained, url) : errorText(explained, styleOf(colour), url);
  process.stderr.write(`${text}\n`);
  return exitCodeOf(explained.reason);
}

/** A failure in words, for the error stream. */
export function errorText(error: ExplainedError, style: Style, url = ''): string {
  const lines = [`${style.bad('error')} ${safe(error.title)} ${style.dim(`(${error.reasonName})`)}`];
  if (error.violations.length === 0) lines.push(`  ${safe(error.message, { block: true })}`);
  for (const violation of error.violations) {
    const where = violation.field === '' ? '' : `${style.strong(safe(violation.field))}: `;
    lines.push(`  ${where}${safe(violation.message)}`);
  }
  const left = leftOut(error);
  if (left > 0) lines.push(`  and ${left} more`);
  lines.push(...wayOut(error));
  if (error.help && url) lines.push(style.dim(`  More: ${safe(helpOf(error, url))}`));
  return lines.join('\n');
}

function wayOut(error: ExplainedError): string[] {
  const next = nextSteps[error.reasonName];
  return [
    error.missingPermission ? '  An owner or admin gives roles: ostler people update UID --role ROLE' : '',
    error.retryAfterSeconds > 0 ? `  Try again in ${error.retryAfterSeconds} s.` : '',
    next ? `  ${next}` : '',
  ].filter((line) => line !== '');
}

function helpOf({ help }: ExplainedError, url: string): string {
  return URL.canParse(help, url) ? new URL(help, url).href : '';
}

/** An answer carries as many violations as every client takes; its message counts those after the first. */
function leftOut({ message, violations }: ExplainedError): number {
  const afterFirst = Number(/\(and (\d+) more\)/.exec(message)?.[1] ?? 0);
  return Math.max(0, afterFirst + 1 - Math.max(1, violations.length));
}

/** For programs, with `-o json`. */
export function errorJson(error: ExplainedError, url = ''): string {
  const { reasonName, title, message, violations, retryAfterSeconds } = error;
  const { missingPermission, rolesWithPermission } = error;
  const help = error.help && url ? helpOf(error, url) : error.help;
  const denied = missingPermission ? { missingPermission, rolesWithPermission } : {};
  return JSON.stringify({
    error: { reason: reasonName, title, message, violations, retryAfterSeconds, ...denied, help },
  });
}

const nextSteps: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'Sign in: ostler sign-in --url URL, or with --browser where the console is open',
  PASSWORD_CHANGE_REQUIRED: 'Change it: ostler change-password',
  TOKEN_EXPIRED: 'Sign in again: ostler sign-in',
};
