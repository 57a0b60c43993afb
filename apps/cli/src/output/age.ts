import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';

const units: readonly (readonly [number, string])[] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
];

/** How long ago, in the largest unit: `5m`, `3d`. Empty when it is not known. */
export function ageOf(stamp: Timestamp | undefined, nowMs: number = Date.now()): string {
  return stamp ? spanOf((nowMs - timestampDate(stamp).getTime()) / 1000) : '';
}

/** A span of seconds in its largest unit; `in 3d` when it lies ahead. */
export function spanOf(seconds: number): string {
  const length = Math.abs(seconds);
  const [size, unit] = units.find(([least]) => length >= least) ?? [1, 's'];
  const text = `${Math.floor(length / size)}${unit}`;
  return seconds < 0 && length >= 1 ? `in ${text}` : text;
}
