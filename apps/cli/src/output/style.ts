/** Terminal colours, or none. */
export interface Style {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  dim(text: string): string;
  strong(text: string): string;
}

const coded =
  (code: number) =>
  (text: string): string =>
    `\u001b[${code}m${text}\u001b[0m`;

const plain = (text: string): string => text;

export function styleOf(colour: boolean): Style {
  if (!colour) return { good: plain, bad: plain, warn: plain, dim: plain, strong: plain };
  return { good: coded(32), bad: coded(31), warn: coded(33), dim: coded(2), strong: coded(1) };
}

/**
 * What somebody else chose, made safe to show: control characters, terminal escapes and marks that turn
 * the direction of text are shown as \uXXXX. Line breaks stay only in blocks.
 */
export function safe(text: string, options: { block?: boolean } = {}): string {
  const hostile = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
  return text.replace(hostile, (character) =>
    options.block && (character === '\n' || character === '\t')
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
