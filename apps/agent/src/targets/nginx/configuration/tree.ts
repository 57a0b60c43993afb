/**
 * nginx configuration as values. Whoever builds it says what is text and what is a variable of nginx; only
 * `render.ts` turns it into characters, so no text can become syntax.
 */
export type Part =
  /** Taken literally, whatever it contains. */
  | { readonly text: string }
  /** A variable of nginx, without its dollar sign. */
  | { readonly variable: string }
  /** Absolute path of a file that the same contribution brings. */
  | { readonly ownFile: string };

/** A plain string is literal text. */
export type Argument = string | readonly Part[];

export interface Directive {
  readonly name: string;
  readonly args: readonly Argument[];
  /** Present for a block. */
  readonly children?: readonly Directive[];
}

export function directive(name: string, ...args: Argument[]): Directive {
  return { name, args };
}

export function block(name: string, args: readonly Argument[], children: readonly Directive[]): Directive {
  return { name, args, children };
}

/** Text and variables in one argument. */
export function template(...parts: (string | Part)[]): Argument {
  return parts.map((part) => (typeof part === 'string' ? { text: part } : part));
}

export function variable(name: string): Part {
  return { variable: name };
}

export function ownFile(name: string): Part {
  return { ownFile: name };
}

/** `if ($variable) { ... }`: true when it is neither empty nor "0". The only condition in use. */
export function when(name: string, children: readonly Directive[]): Directive {
  return { name: 'if', args: [[{ variable: name }]], children };
}
