/** One word of nginx's configuration language, or one of `;`, `{`, `}`. */
export interface Token {
  readonly text: string;
  readonly line: number;
  /** A quoted `;` is a word. */
  readonly isPunctuation: boolean;
}

const SPACES = ' \t\r\n';
const BACKSLASH: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  t: '\t',
  r: '\r',
  n: '\n',
};

/**
 * Words of a configuration, by the rules of nginx's own lexer: a quote counts only at the beginning of a word,
 * a backslash keeps the next character from ending it, `${` never begins a block. What nginx would
 * refuse (something glued to a closing quote) is read as far as it goes: this reads what nginx has accepted.
 */
export function* tokenize(text: string): Generator<Token> {
  let line = 1;
  for (let at = 0; at < text.length;) {
    const char = text[at]!;
    if (SPACES.includes(char)) {
      if (char === '\n') line += 1;
      at += 1;
    } else if (char === '#') {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (char === ';' || char === '{' || char === '}') {
      yield { text: char, line, isPunctuation: true };
      at += 1;
    } else {
      const end = char === '"' || char === "'" ? endOfQuoted(text, at, char) : endOfBare(text, at);
      const raw = char === '"' || char === "'" ? text.slice(at + 1, end) : text.slice(at, end);
      yield { text: unescape(raw), line, isPunctuation: false };
      line += countLines(raw);
      at = char === '"' || char === "'" ? end + 1 : end;
    }
  }
}

function endOfQuoted(text: string, start: number, quote: string): number {
  let at = start + 1;
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1;
  return Math.min(at, text.length);
}

function endOfBare(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const char = text[at]!;
    if (char === '\\') at += 2;
    else if (char === '$' && text[at + 1] === '{') at += 2;
    else if (SPACES.includes(char) || char === ';' || char === '{') break;
    else at += 1;
  }
  return Math.min(at, text.length);
}

function unescape(raw: string): string {
  return raw.replaceAll(/\\(["'\\trn])/g, (_, char: string) => BACKSLASH[char] ?? char);
}

function countLines(raw: string): number {
  return raw.split('\n').length - 1;
}
