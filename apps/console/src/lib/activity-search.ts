/** What the activity keeps in the URL. */
export interface ActivitySearch {
  /** Part of a subject. */
  readonly about?: string;
  /** An e-mail, or the name of a token or server, whole. */
  readonly by?: string;
  /** Part of a method. */
  readonly call?: string;
  readonly outcome?: 'done' | 'refused' | 'denied';
  readonly since?: 'hour' | 'day' | 'week' | 'month';
}

export function parseActivitySearch(search: Readonly<Record<string, unknown>>): ActivitySearch {
  return {
    about: textOf(search['about']),
    by: textOf(search['by']),
    call: textOf(search['call']),
    outcome: oneOf(['done', 'refused', 'denied'], search['outcome']),
    since: oneOf(['hour', 'day', 'week', 'month'], search['since']),
  };
}

function textOf(value: unknown): string | undefined {
  // A name of digits alone comes out of the address as a number.
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T | undefined {
  return known.find((one) => one === value);
}
