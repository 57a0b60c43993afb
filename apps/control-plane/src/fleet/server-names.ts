const MOST_LENGTH = 63;
const FALLBACK = 'server';

/** A wished name or a host name as one DNS label: its first label, lower case, without what DNS forbids. */
export function toServerName(wished: string): string {
  const first = wished.normalize('NFKD').toLowerCase().split('.')[0] ?? '';
  const label = trimDashes(first.replaceAll(/[^a-z0-9-]+/g, '-')).slice(0, MOST_LENGTH);
  return trimDashes(label) || FALLBACK;
}

/** The name itself when it is free, else with the lowest number that makes it so: web, web-2, web-3. */
export function uniqueName(name: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name;
  for (let number = 2; ; number++) {
    const suffix = `-${number}`;
    const candidate = trimDashes(name.slice(0, MOST_LENGTH - suffix.length)) + suffix;
    if (!isTaken(candidate)) return candidate;
  }
}

function trimDashes(text: string): string {
  return text.replaceAll(/^-+|-+$/g, '');
}
