import { type PageBlock, readBlocks } from './page-blocks';

/** Commands of a page, with the files that are written before them and what is shown of their output. */
export interface PageStep {
  readonly title: string;
  readonly line: number;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly commands: string;
  readonly shown: readonly string[];
}

/** The \`\`\`sh blocks of a page that are run, in order, each with the \`\`\`text block that follows it. */
export function readSteps(page: string): PageStep[] {
  const steps: (PageStep & { shown: string[] })[] = [];
  let files: { name: string; text: string }[] = [];
  let last: PageBlock | undefined;
  for (const block of readBlocks(page)) {
    const { title, line, language, file, text } = block;
    if (file !== undefined) files.push({ name: file, text: `${text}\n` });
    if (language === 'sh' && block.notRun === undefined) {
      steps.push({ title, line, files, commands: text, shown: [] });
      files = [];
    }
    // What is shown below commands that are not run belongs to those.
    if (language === 'text' && last?.language === 'sh' && last.notRun === undefined) {
      steps.at(-1)?.shown.push(...text.split('\n').filter((shown) => shown !== ''));
    }
    last = block;
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
