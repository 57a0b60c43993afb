/** A block of commands of the tutorial, and what it shows of their output. */
export interface TutorialStep {
  /** The heading above it. */
  readonly title: string;
  /** Line of the page at which the commands begin, for the name of a test. */
  readonly line: number;
  readonly commands: string;
  readonly shown: readonly string[];
}

/** The \`\`\`sh blocks of a page in order, each with the \`\`\`text block that follows it. */
export function readTutorial(page: string): TutorialStep[] {
  const steps: (TutorialStep & { shown: string[] })[] = [];
  let title = '';
  let block: { language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of page.split('\n').entries()) {
    if (block === undefined) {
      title = /^#+ (.+)/.exec(line)?.[1] ?? title;
      const language = /^```(\w*)$/.exec(line)?.[1];
      if (language !== undefined) block = { language, line: index + 2, lines: [] };
      continue;
    }
    if (line !== '```') {
      block.lines.push(line);
      continue;
    }
    const { language, lines } = block;
    if (language === 'sh') steps.push({ title, line: block.line, commands: lines.join('\n'), shown: [] });
    if (language === 'text') steps.at(-1)?.shown.push(...lines.filter((shown) => shown !== ''));
    block = undefined;
  }
  return steps;
}

/** The first line that the page shows and the output does not have, in order; undefined when all are there. */
export function missingLine(shown: readonly string[], output: string): string | undefined {
  const lines = output.split('\n');
  let from = 0;
  return shown.find((wanted) => {
    const pattern = patternOf(wanted);
    const at = lines.findIndex((line, index) => index >= from && pattern.test(line));
    from = at + 1;
    return at === -1;
  });
}

/** `...` stands for any text, none included. */
function patternOf(shown: string): RegExp {
  const pieces = shown.split(/ ?\.{3} ?/).map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('.*')}$`);
}
