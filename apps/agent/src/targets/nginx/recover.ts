import type { Files } from '../../host/fs';
import { nginxMessage, type NginxRuntime } from '../../host/nginx';
import { hookText } from './assemble';
import type { Live } from './commit';
import { factsOf, type Contribution } from './contribution';
import { filesOf, type GenerationStore, type StoredGeneration, type StoredSite } from './generation-store';
import { readJournal, writeJournal, type JournalState } from './journal';
import { generationPath, sitePath } from './layout';
import { lookBefore, watchReload, type WatchEnvironment } from './watch';

export interface RecoverEnvironment extends WatchEnvironment {
  readonly files: Files;
  readonly store: GenerationStore;
  readonly log: (line: string, fields?: Record<string, unknown>) => void;
}

/**
 * After a crash at any point: the hook names the new generation or the old one, never a half. A commit that was
 * under way is finished when its generation is whole and passes nginx's test, else the old one is put back. Running
 * it again changes nothing.
 */
export async function recover(environment: RecoverEnvironment): Promise<Live> {
  const { store, files, log } = environment;
  const journal = (await readJournal(files, store.layout)) ?? (await journalOfHook(environment));
  const first = journal.commit ? await inOrder(journal, environment) : [journal.current];
  // Whatever was written last is nearer to what was declared than nothing.
  const candidates = new Set([
    ...first.filter((generation) => generation !== null),
    ...(await store.listGenerations()),
  ]);
  if (first[0] === null) candidates.clear();
  for (const generation of candidates) {
    const adopted = await adopt(generation, environment);
    if (!adopted) continue;
    if ((journal.commit || adopted.mended) && !(await load(adopted.live, environment))) continue;
    await writeJournal(files, store.layout, { current: generation });
    if (journal.commit) log('an interrupted nginx commit was brought to its end', { generation });
    return adopted.live;
  }
  return beginAnew(environment);
}

/** What nginx has loaded is not known: it loads what the hook names, and is watched like after a commit. */
async function load({ generation, sites }: Live, environment: RecoverEnvironment): Promise<boolean> {
  const { runtime, log } = environment;
  const before = await lookBefore(runtime);
  if (!before) return true;
  await runtime.reload();
  const points = [...sites].map(([uid, { facts }]) => ({ uid, points: facts?.probes ?? [] }));
  const watched = await watchReload(before, { generation: generation ?? '', sites: points }, environment);
  if (!watched.ok) log('a generation was not loaded', { generation, message: watched.message });
  return watched.ok;
}

/** No generation is usable: nginx goes on with what it has loaded until the drivers bring their sites again. */
async function beginAnew({ files, runtime, store }: RecoverEnvironment): Promise<Live> {
  await replaceHook(hookText(undefined), files, runtime);
  await writeJournal(files, store.layout, { current: null });
  return { generation: null, sites: new Map() };
}

/** Without a journal, what nginx would load says which generation is current. */
async function journalOfHook({ files, runtime, store }: RecoverEnvironment): Promise<JournalState> {
  const hook = await textOf(runtime.hookPath, files);
  const generations = await store.listGenerations();
  const named = generations.find((generation) => hook === hookText(generationPath(store.layout, generation)));
  return { current: named ?? generations[0] ?? null };
}

/** Forward when the swap had happened, else back: whichever was on its way out is the second choice. */
async function inOrder(journal: JournalState, { files, runtime, store }: RecoverEnvironment) {
  const { from, to } = journal.commit ?? { from: null, to: '' };
  const swapped = (await textOf(runtime.hookPath, files)) === hookText(generationPath(store.layout, to));
  return swapped ? [to, from] : [from, to];
}

async function adopt(
  generation: string,
  environment: RecoverEnvironment,
): Promise<{ readonly live: Live; readonly mended: boolean } | undefined> {
  const { files, store, runtime, log } = environment;
  const stored = await store.readGeneration(generation);
  if (!stored) return undefined;
  const { sites, mended } = await mendDamage(generation, stored, environment);
  const text = hookText(generationPath(store.layout, generation));
  const tested = await runtime.test(text);
  if (tested.exitCode !== 0) {
    log('a generation does not pass the test of nginx', { generation, message: nginxMessage(tested.stderr) });
    // A fault that is not ours is no reason to leave the generation that serves.
    if ((await runtime.test(hookText(undefined))).exitCode === 0) return undefined;
  }
  await replaceHook(text, files, runtime);
  return { live: { generation, sites }, mended };
}

async function replaceHook(text: string, files: Files, runtime: NginxRuntime): Promise<void> {
  if ((await textOf(runtime.hookPath, files)) !== text)
    await files.writeAtomic(runtime.hookPath, text, { mode: 0o644 });
}

/**
 * A missing file or the mere beginning of one is damage, not somebody's edit: it is written again. The sites are read
 * one after the other, as there may be thousands.
 */
async function mendDamage(
  generation: string,
  stored: StoredGeneration,
  environment: RecoverEnvironment,
): Promise<{ readonly sites: Map<string, StoredSite>; readonly mended: boolean }> {
  const { files, store, log } = environment;
  let mended = false;
  const mend = async (path: string, wanted: string, write: () => Promise<void>): Promise<void> => {
    const bytes = Buffer.from(wanted);
    if (((await files.state(path))?.size ?? -1) >= bytes.byteLength) return;
    const content = await files.read(path);
    if (content && !bytes.subarray(0, content.byteLength).equals(content)) return;
    await write();
    mended = true;
    log('a half-written file was written again', { path });
  };
  const path = generationPath(store.layout, generation);
  await mend(path, stored.text, () => store.writeGeneration(generation, stored.text, stored.digests));
  const sites = new Map<string, StoredSite>();
  for (const [uid, digest] of stored.digests) {
    const contribution: Contribution | undefined = await store.readContribution(uid, digest);
    sites.set(uid, { digest, ...(contribution && { facts: factsOf(contribution) }) });
    const folder = sitePath(store.layout, uid, digest);
    for (const file of contribution ? filesOf(contribution, folder) : [])
      await mend(`${folder}/${file.name}`, file.content, () => store.restoreFile(folder, file));
  }
  return { sites, mended };
}

async function textOf(path: string, files: Files): Promise<string> {
  return Buffer.from((await files.read(path)) ?? []).toString();
}
