import type { MarkdownIt, Token } from 'markdown-it';

/*
 * One task in several ways, which elsewhere reads as plain Markdown:
 *
 *   <!-- tabs -->
 *   **Console**
 *   ...
 *   **CLI**
 *   ...
 *   <!-- /tabs -->
 *
 * Without a script all ways stand below each other with their names.
 */
export function makeTabs(md: MarkdownIt): void {
  md.core.ruler.push('tabs', (state) => {
    state.tokens = withPanels(state.tokens, state.Token);
  });
}

type TokenConstructor = new (type: string, tag: string, nesting: 1 | 0 | -1) => Token;

function withPanels(tokens: readonly Token[], Make: TokenConstructor): Token[] {
  const result: Token[] = [];
  let inside = false;
  let panelOpen = false;
  const html = (content: string): void => {
    const token = new Make('html_block', '', 0);
    token.content = content;
    result.push(token);
  };
  const closePanel = (): void => {
    if (panelOpen) html('</section>\n');
    panelOpen = false;
  };
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index]!;
    const mark = token.type === 'html_block' ? token.content.trim() : '';
    const name = inside ? panelName(tokens, index) : undefined;
    if (mark === '<!-- tabs -->') {
      inside = true;
      html('<div class="tabs">\n');
    } else if (mark === '<!-- /tabs -->') {
      closePanel();
      inside = false;
      html('</div>\n');
    } else if (name !== undefined) {
      closePanel();
      html(
        `<section class="panel" aria-label="${name}" data-tab="${name}"><p class="panel-name">${name}</p>\n`,
      );
      panelOpen = true;
      index += 2;
    } else result.push(token);
  }
  closePanel();
  if (inside) html('</div>\n');
  return result;
}

/** The name of a panel when a paragraph of nothing but one short bold text begins here. */
function panelName(tokens: readonly Token[], index: number): string | undefined {
  if (tokens[index]?.type !== 'paragraph_open' || tokens[index].level !== 0) return undefined;
  return /^\*\*([\w -]{1,24})\*\*$/.exec(tokens[index + 1]?.content.trim() ?? '')?.[1];
}
