const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A name with what cannot be seen spelled out: `invoice\u{202e}fdp.exe`, so that nobody is misled by it. */
export function escapedText(name: string): string {
  return name.replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** The same for a line of code: a tab is what it is there. */
export function escapedCode(line: string): string {
  return line.split('\t').map(escapedText).join('\t');
}
