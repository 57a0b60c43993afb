import type { CommandContext } from '../../command-context';
import { buildProgram } from '../../program';
import { candidates } from './candidates';

/**
 * Prints what may stand at the end of the line: what the scripts of the shells call. Silent whatever happens, as a
 * prompt is no place for an error.
 */
export async function printWords(context: CommandContext, words: readonly string[]): Promise<void> {
  try {
    const first = words.length > 1 ? words[0] : undefined;
    const program = await buildProgram(context, first);
    for (const word of await candidates(program, context, words)) context.print(word);
  } catch {
    // Nothing is known, so nothing is said.
  }
}
