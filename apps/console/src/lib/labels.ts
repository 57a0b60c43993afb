/** Labels as people type them: `env=prod zone=fra`. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([key, value]) => (value === '' ? key : `${key}=${value}`))
    .join(' ');
}

export function parseLabels(text: string): Record<string, string> {
  const pairs = text.split(/[\s,]+/).filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** Labels with some put and some taken away; undefined when nothing changes. */
export function changedLabels(
  before: Readonly<Record<string, string>>,
  put: Readonly<Record<string, string>>,
  taken: readonly string[],
): Record<string, string> | undefined {
  const kept = Object.entries(before).filter(([key]) => !taken.includes(key));
  const after = { ...Object.fromEntries(kept), ...put };
  return formatLabels(after) === formatLabels(before) ? undefined : after;
}
