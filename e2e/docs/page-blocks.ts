/** A fenced block of a page of the documentation. */
export interface PageBlock {
  /** The heading above it. */
  readonly title: string;
  /** Line of the page at which its text begins, for the name of a test. */
  readonly line: number;
  readonly language: string;
  /** \`\`\`yaml file=shop.yaml: written under this name before the commands below it run. */
  readonly file: string | undefined;
  /** \`\`\`yaml spec=site: fields of the spec of this kind, not a whole file. */
  readonly spec: string | undefined;
  /** \`\`\`sh not-run="needs a domain of your own": why no test runs it. */
  readonly notRun: string | undefined;
  readonly text: string;
}

const fence = /^( *)```(\w*)(.*)$/;

/** The blocks of a page in order; one in a list is as far to the right as the list. */
export function readBlocks(page: string): PageBlock[] {
  const blocks: PageBlock[] = [];
  let title = '';
  let open: { indent: number; language: string; info: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of page.split('\n').entries()) {
    const [, spaces = '', language = '', info = ''] = fence.exec(line) ?? [];
    if (open !== undefined && fence.test(line) && language === '') {
      blocks.push(closed(open, title));
      open = undefined;
    } else if (open !== undefined) open.lines.push(line.slice(open.indent));
    else if (fence.test(line)) open = { indent: spaces.length, language, info, line: index + 2, lines: [] };
    else title = /^#+ (.+)/.exec(line)?.[1] ?? title;
  }
  return blocks;
}

function closed(
  { language, info, line, lines }: { language: string; info: string; line: number; lines: string[] },
  title: string,
): PageBlock {
  return {
    title,
    line,
    language,
    file: /\sfile=([\w./-]+)/.exec(info)?.[1],
    spec: /\sspec=(\w+)/.exec(info)?.[1],
    notRun: /\snot-run="([^"]+)"/.exec(info)?.[1],
    text: lines.join('\n'),
  };
}

const shells = new Set(['sh', 'bash', 'shell', 'console', 'zsh']);

export function isShell({ language }: PageBlock): boolean {
  return shells.has(language);
}
