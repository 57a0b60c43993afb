import type { MarkdownIt } from 'markdown-it';

const names: Readonly<Record<string, string>> = { NOTE: 'Note', TIP: 'Tip', WARNING: 'Warning' };

/** `> [!WARNING]` at the head of a quotation makes it a callout, as it does elsewhere. */
export function makeCallouts(md: MarkdownIt): void {
  md.core.ruler.push('callouts', ({ tokens }) => {
    for (const [index, token] of tokens.entries()) {
      if (token.type !== 'blockquote_open') continue;
      const first = tokens[index + 2];
      const kind = /^\[!(\w+)\]/.exec(first?.content ?? '')?.[1] ?? '';
      const name = names[kind];
      if (name === undefined || !first?.children) continue;
      token.tag = 'div';
      token.attrSet('class', `callout ${kind.toLowerCase()}`);
      token.attrSet('role', 'note');
      token.attrSet('aria-label', name);
      const end = tokens.findIndex(
        (other, at) => at > index && other.type === 'blockquote_close' && other.level === token.level,
      );
      tokens[end]!.tag = 'div';
      // The mark itself, and the line break after it.
      const rest = first.children.findIndex(({ type }) => type === 'softbreak');
      first.children = rest === -1 ? [] : first.children.slice(rest + 1);
    }
  });
}
