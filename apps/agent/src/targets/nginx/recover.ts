import type { Files } from '../../host/fs/port';
import { nginxMessage } from '../../host/nginx';
import type { NginxRuntime } from '../../host/nginx';
import { hookText } from './assemble';
import type { Live } from './commit';
import { filesOf, type GenerationStore, type SiteSet } from './generation-store';
import { readJournal, writeJournal, type JournalState } from './journal';
import { generationPath, sitePath } from './layout';

export interface RecoverEnvironment {
  readonly files: Files;
  readonly store: GenerationStore;
  readonly runtime: NginxRuntime;
  readonly log: (line: string, fields?: Record<string, unknown>) => void;
}

/**
 * After a crash at any point: the hook names the new generation or the old one, never a half. A commit that was
 * under way is finished when its generation is whole and passes nginx's test, else the old one is put back. Running
 * it again changes nothing.
 */
export async function recover(environment: RecoverEnvironment): Promise<Live> {
  const { files, store, runtime, log } = environment;
  const journal = (await readJournal(files, store.layout)) ?? (await journalOfHook(environment));
  const candidates = journal.commit ? await inOrder(journal, environment) : [journal.current];
  for (const generation of candidates) {
    const live = await adopt(generation, environment);
    if (!live) continue;
    await writeJournal(files, store.layout, { current: live.generation });
    if (journal.commit) {
      log('an interrupted nginx commit was brought to its end', { generation: live.generation });
      if (await runtime.processes()) await runtime.reload();
    }
    return live;
  }
  // Nothing on disk is usable: nginx goes on with what it has loaded, and the drivers bring their sites again.
  log('no generation on disk is usable; it is built anew');
  await files.writeAtomic(runtime.hookPath, hookText(undefined), { mode: 0o644 });
  await writeJournal(files, store.layout, { current: null });
  return { generation: null, sites: new Map() };
}

/** Without a journal, what nginx would load says which generation is current. */
async function journalOfHook({ files, runtime, store }: RecoverEnvironment): Promise<JournalState> {
  const content = Buffer.from((await files.read(runtime.hookPath)) ?? []).toString();
  const named = content
    .split('/')
    .at(-1)
    ?.match(/^([0-9]{10})\.conf/)?.[1];
  if (named !== undefined && content === hookText(generationPath(store.layout, named)))
    return { current: named };
  const names = (await files.list(store.layout.generations)).filter((name) => name.endsWith('.conf'));
  return { current: names.at(-1)?.slice(0, -'.conf'.length) ?? null };
}

/** Forward when the swap had happened, else back: whichever was on its way out is the second choice. */
async function inOrder(journal: JournalState, { files, runtime, store }: RecoverEnvironment) {
  const { from, to } = journal.commit ?? { from: null, to: '' };
  const hook = Buffer.from((await files.read(runtime.hookPath)) ?? []).toString();
  return hook === hookText(generationPath(store.layout, to)) ? [to, from] : [from, to];
}

async function adopt(generation: string | null, environment: RecoverEnvironment): Promise<Live | undefined> {
  const { files, store, runtime, log } = environment;
  const sites: SiteSet | undefined = generation === null ? new Map() : await store.readGeneration(generation);
  if (!sites) return undefined;
  await mendDamage(sites, environment);
  const text = hookText(generation === null ? undefined : generationPath(store.layout, generation));
  const tested = await runtime.test(text);
  if (tested.exitCode !== 0) {
    log('a generation does not pass the test of nginx', { generation, message: nginxMessage(tested.stderr) });
    // A foreign fault is no reason to leave the generation that serves.
    if (tested.timedOut || (await runtime.test(hookText(undefined))).exitCode === 0) return undefined;
  }
  const hook = Buffer.from((await files.read(runtime.hookPath)) ?? []).toString();
  if (hook !== text) await files.writeAtomic(runtime.hookPath, text, { mode: 0o644 });
  return { generation, sites };
}

/** A missing file or the mere beginning of one is damage, not somebody's edit: it is written again. */
async function mendDamage(sites: SiteSet, { files, store, log }: RecoverEnvironment): Promise<void> {
  for (const [uid, { digest, contribution }] of sites) {
    if (!contribution) continue;
    const folder = sitePath(store.layout, uid, digest);
    for (const file of filesOf(contribution, folder)) {
      const content = await files.read(`${folder}/${file.name}`);
      const wanted = Buffer.from(file.content);
      if (content && content.byteLength >= wanted.byteLength) continue;
      if (content && !wanted.subarray(0, content.byteLength).equals(content)) continue;
      await store.restoreFile(folder, file);
      log('a half-written file was written again', { path: `${folder}/${file.name}` });
    }
  }
}
