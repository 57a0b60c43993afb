import type { MarkdownIt, Token } from 'markdown-it';

export interface Heading {
  readonly level: number;
  readonly text: string;
  /** Without `#`. */
  readonly anchor: string;
}

/** As the sites that show Markdown make the name of a heading, so that a link works there and here. */
export function anchorOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}\p{Mark}\-_ ]/gu, '')
    .replaceAll(' ', '-');
}

/** The text that a reader sees, without marks. */
export function plainText(inline: Token | undefined): string {
  return (inline?.children ?? [])
    .map((token) => (token.type === 'softbreak' || token.type === 'hardbreak' ? ' ' : token.content))
    .join('')
    .trim();
}

/** Gives every heading its anchor, and says which there are. */
export function nameHeadings(tokens: readonly Token[]): Heading[] {
  const taken = new Map<string, number>();
  return tokens.flatMap((token, index) => {
    if (token.type !== 'heading_open') return [];
    const text = plainText(tokens[index + 1]);
    const base = anchorOf(text);
    const before = taken.get(base) ?? 0;
    taken.set(base, before + 1);
    const anchor = before === 0 ? base : `${base}-${before}`;
    token.attrSet('id', anchor);
    return [{ level: Number(token.tag.slice(1)), text, anchor }];
  });
}

/** A way to a heading beside it, for who wants to pass it on. */
export function linkHeadings(md: MarkdownIt): void {
  md.renderer.rules['heading_close'] = (tokens, index, options, _env, renderer) => {
    const opened = tokens.slice(0, index).findLast(({ type }) => type === 'heading_open');
    const close = renderer.renderToken(tokens, index, options);
    const text = plainText(tokens[index - 1]);
    const anchor = String(opened?.attrGet('id') ?? '');
    if (opened?.tag === 'h1') return close;
    const label = md.utils.escapeHtml(`Link to ${text}`);
    return `<a class="anchor" href="#${md.utils.escapeHtml(anchor)}" aria-label="${label}">#</a>${close}`;
  };
}
