const units: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** A span in its largest fitting unit, for people: "3 min", "2 d"; below a second in milliseconds. */
export function spanText(spanMs: number): string {
  const length = Math.max(0, spanMs);
  const unit = units.find(([size]) => length >= size);
  return unit ? `${Math.floor(length / unit[0])} ${unit[1]}` : `${Math.round(length)} ms`;
}
