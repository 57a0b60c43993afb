import type { DescEnum } from '@bufbuild/protobuf';

/** `BALANCE_LEAST_CONNECTIONS` as people write it: `least_connections`. */
export function shortEnumName(desc: DescEnum, number: number): string {
  const value = desc.values.find((candidate) => candidate.number === number);
  return value ? shorten(desc, value.name) : String(number);
}

/** Full and short names, in any case and with `-` for `_`, name the value; undefined when none does. */
export function enumNumber(desc: DescEnum, text: string): number | undefined {
  const wanted = text.toLowerCase().replaceAll('-', '_');
  return desc.values.find(({ name }) => name.toLowerCase() === wanted || shorten(desc, name) === wanted)
    ?.number;
}

/** The names that people may write. */
export function enumNames(desc: DescEnum): string[] {
  return desc.values.filter(({ number }) => number !== 0).map(({ name }) => shorten(desc, name));
}

function shorten(desc: DescEnum, name: string): string {
  const prefix = desc.sharedPrefix ?? '';
  const lower = name.toLowerCase();
  return lower.startsWith(prefix) ? lower.slice(prefix.length) : lower;
}
