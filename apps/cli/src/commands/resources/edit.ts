import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ErrorReason, type Resource } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { parseSpecFile, toSpecFile } from '@ostler/resource-model';
import { explainError, newRequestId } from '@ostler/sdk';
import type { Command } from 'commander';
import { confirm } from '../../auth/prompt';
import type { CommandContext } from '../../command-context';
import { kindOf } from '../../output/names';
import { changesText } from '../../output/plan';
import { errorText } from '../../output/report-error';
import { safe, styleOf } from '../../output/style';
import { inFile } from './spec-files';
import { titleOf } from './prune';

export function editCommand(program: Command, context: CommandContext): void {
  program
    .command('edit <kind> <name>')
    .description('Change the spec in your editor (VISUAL, then EDITOR). What is refused is not lost.')
    .action((kind: string, name: string) => edit(context, kind, name));
}

async function edit(context: CommandContext, word: string, name: string): Promise<void> {
  const { resource } = await context.ostler().resources.get({ kind: kindOf(word), name });
  if (!resource) return;
  const folder = mkdtempSync(join(tmpdir(), 'ostler-edit-'));
  const file = join(folder, `${safe(name)}.yaml`);
  const before = toSpecFile(resource);
  writeFileSync(file, before, { mode: 0o600 });
  for (;;) {
    await runEditor(context, file);
    const text = withoutNotes(readFileSync(file, 'utf8'));
    if (text === before) {
      rmSync(folder, { recursive: true });
      return context.print('Nothing was changed.');
    }
    try {
      await apply(context, file, text, resource);
      return rmSync(folder, { recursive: true });
    } catch (error) {
      await offerAgain(error, file, text);
    }
  }
}

/** At the generation that was shown: what somebody else changed meanwhile is not overwritten. */
async function apply(context: CommandContext, file: string, text: string, shown: Resource): Promise<void> {
  const { resources, violations } = parseSpecFile(text);
  if (violations.length > 0) {
    const found = violations.map((violation) => inFile(file, violation));
    throw new AppError(ErrorReason.INVALID, 'The spec is not valid.', { violations: found });
  }
  const [changed, ...others] = resources;
  if (others.length > 0 || !changed?.meta || titleOf(changed.meta) !== titleOf(shown.meta)) {
    throw AppError.invalid(file, 'ANOTHER_RESOURCE', `must hold ${titleOf(shown.meta)} and nothing else`);
  }
  changed.meta.generation = shown.meta?.generation ?? 0n;
  const answer = await context.ostler().resources.apply({ requestId: newRequestId(), resources: [changed] });
  for (const line of changesText(answer, [], context.style)) context.print(line);
}

/** With a terminal: once more with the reason as comments on top. Without one: the text stays where it is. */
async function offerAgain(error: unknown, file: string, text: string): Promise<void> {
  const explained = explainError(error);
  const reason = errorText(explained, styleOf(false));
  const kept = `Your text is kept in ${file}`;
  if (!process.stdin.isTTY) {
    const { violations } = explained;
    throw new AppError(explained.reason, `${explained.message} ${kept}`, { violations });
  }
  process.stderr.write(`${reason}\n`);
  if (!(await confirm('Edit again?'))) throw new AppError(explained.reason, `${kept}.`);
  writeFileSync(file, `${asNotes(reason)}${text}`, { mode: 0o600 });
}

const NOTE = '#! ';

function asNotes(reason: string): string {
  return reason
    .split('\n')
    .map((line) => `${NOTE}${line}\n`)
    .join('');
}

function withoutNotes(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith(NOTE))
    .join('\n');
}

/** @throws AppError when the editor cannot be started or ends with a failure. */
function runEditor({ environment }: CommandContext, file: string): Promise<void> {
  const [program = 'vi', ...args] = environment.editor?.trim().split(/\s+/) ?? [];
  const failed = (why: string): AppError =>
    AppError.invalid(
      'EDITOR',
      'FAILED',
      `${program} ${why}. Set EDITOR to another program. The text is in ${file}`,
    );
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, file], { stdio: 'inherit' });
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(failed(`cannot be started (${error.code})`)),
    );
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(failed(`ended with ${code ?? 'a signal'}`)),
    );
  });
}
