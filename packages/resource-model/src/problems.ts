import { AppError, type Violation } from '@ostler/kernel';
import { ErrorReason } from '@ostler/contracts';

/** Gathers what is wrong with a spec, each with the path of its field and the way out. */
export class Problems {
  constructor(
    private readonly prefix: string = '',
    private readonly list: Violation[] = [],
  ) {}

  /** `path` is relative to the prefix, in camelCase, like `tls.hsts`. The reason is UPPER_SNAKE. */
  add(path: string, reason: string, message: string): void {
    this.list.push({ field: joinPath(this.prefix, path), reason, message });
  }

  /** The same list, seen from a field further in. */
  at(path: string): Problems {
    return new Problems(joinPath(this.prefix, path), this.list);
  }

  get violations(): readonly Violation[] {
    return this.list;
  }

  /** Throws INVALID with every violation, when there is one. */
  throwIfAny(): void {
    const first = this.list[0];
    if (!first) return;
    const more = this.list.length > 1 ? ` (and ${this.list.length - 1} more)` : '';
    throw new AppError(ErrorReason.INVALID, `${first.field}: ${first.message}${more}`, {
      violations: this.list,
    });
  }
}

/** `a` and `b` make `a.b`; an index or key in brackets is joined without the dot. */
export function joinPath(left: string, right: string): string {
  if (left === '' || right === '') return left + right;
  return right.startsWith('[') ? left + right : `${left}.${right}`;
}

/** What a rule answers: the text in the one form in which it is stored, or why it is refused. */
export type Verdict =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly reason: string; readonly message: string };

export const accepted = (value: string): Verdict => ({ ok: true, value });
export const refused = (reason: string, message: string): Verdict => ({ ok: false, reason, message });

/** The stored form when the rule accepts the text, else the text as it is: normalising never throws. */
export function orAsIs(verdict: Verdict, text: string): string {
  return verdict.ok ? verdict.value : text;
}

/** Adds a problem when the rule refuses. */
export function demand(problems: Problems, path: string, verdict: Verdict): boolean {
  if (!verdict.ok) problems.add(path, verdict.reason, verdict.message);
  return verdict.ok;
}
