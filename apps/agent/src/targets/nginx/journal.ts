import type { Files } from '../../host/fs/port';
import type { Layout } from './layout';

/** What a restarted agent must know of a commit that it may have been killed in. */
export interface CommitEntry {
  readonly from: string | null;
  readonly to: string;
}

/** Golden bytes in journal.test.ts: agents of other versions read what this one wrote. */
export interface JournalState {
  /** The generation that was last seen serving. */
  readonly current: string | null;
  /** Present from before the swap until the outcome is known. */
  readonly commit?: CommitEntry;
}

const GENERATION = /^[0-9]{10}$/;

export function encodeJournal(state: JournalState): string {
  return `${JSON.stringify({ version: 1, ...state })}\n`;
}

/** Undefined for anything that is not exactly a journal: a half-written one tells nothing. */
export function decodeJournal(text: string): JournalState | undefined {
  if (!text.endsWith('\n')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, current, commit } = value as Record<string, unknown>;
  if (version !== 1 || !isGenerationOrNull(current)) return undefined;
  if (commit === undefined) return { current };
  const { from, to } = (commit ?? {}) as Record<string, unknown>;
  if (!isGenerationOrNull(from) || !isGenerationOrNull(to) || to === null) return undefined;
  return { current, commit: { from, to } };
}

function isGenerationOrNull(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && GENERATION.test(value));
}

export async function readJournal(files: Files, layout: Layout): Promise<JournalState | undefined> {
  const content = await files.read(layout.journal);
  return content && decodeJournal(Buffer.from(content).toString());
}

export async function writeJournal(files: Files, layout: Layout, state: JournalState): Promise<void> {
  await files.writeAtomic(layout.journal, encodeJournal(state), { mode: 0o600 });
}
