import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';

const UNITS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** A span in its largest fitting unit: "3 min", "2 d". */
export function spanText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** A span in the largest unit that tells it exactly: "90 s", "7 d". */
export function exactSpanText(seconds: bigint): string {
  const [size, unit] = UNITS.find(([size]) => seconds > 0n && seconds % BigInt(size) === 0n) ?? [1, 's'];
  return `${(seconds / BigInt(size)).toLocaleString('en')} ${unit}`;
}

/** Relative to now: "3 min ago", "in 2 d", "just now". */
export function relativeText(atMs: number, nowMs: number): string {
  const difference = nowMs - atMs;
  if (Math.abs(difference) < 2000) return 'just now';
  return difference > 0 ? `${spanText(difference)} ago` : `in ${spanText(-difference)}`;
}

const day = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});

/** The day of a moment, where its reader is. */
export function dayText(atMs: number): string {
  return day.format(atMs);
}

const absolute = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'long',
});

/** Date, time and zone. */
export function absoluteText(atMs: number): string {
  return absolute.format(atMs);
}

export function millisOf(timestamp: Timestamp | undefined): number | undefined {
  return timestamp ? timestampMs(timestamp) : undefined;
}
