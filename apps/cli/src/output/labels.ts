import { AppError } from '@ostler/kernel';

/** `key=value` words as labels. */
export function parseLabels(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at < 1) throw AppError.invalid('label', 'NOT_A_LABEL', `"${word}" is not of the form key=value`);
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}
