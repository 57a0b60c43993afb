import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

// `pnpm proto` writes the generated contract anew; `pnpm proto check` fails on a style breach, on a change that
// an older agent or client could not read, and on generated code that is not what proto/ says.

const root = join(import.meta.dirname, '../../..');
const generated = join(root, 'packages/contracts/src/gen');
const plugins = join(root, 'node_modules/.bin');

/** Runs buf with the local protoc-gen-es before everything else on its path. */
async function buf(...argv: string[]): Promise<void> {
  const path = [plugins, dirname(process.execPath), process.env.PATH].join(delimiter);
  const environment = { ...process.env, PATH: path };
  const child = spawn(join(plugins, 'buf'), argv, {
    cwd: join(root, 'proto'),
    env: environment,
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`buf ${argv.join(' ')} failed`);
}

async function git(...argv: string[]): Promise<string | undefined> {
  return promisify(execFile)('git', argv, { cwd: root }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

/** What was promised to others: the last release, else the main branch that this one started from. */
async function promisedContract(): Promise<string | undefined> {
  const candidates = [await git('describe', '--tags', '--abbrev=0'), 'origin/main', 'main'];
  for (const candidate of candidates) {
    if (candidate && (await git('cat-file', '-e', `${candidate}:proto/buf.yaml`)) !== undefined)
      return candidate;
  }
  return undefined;
}

async function refuseBreakingChanges(): Promise<void> {
  const promised = await promisedContract();
  if (promised === undefined) return console.log('proto: no release or main branch to compare with yet');
  const commit = await git('rev-parse', `${promised}^{commit}`);
  await buf('breaking', '--against', `${join(root, '.git')}#ref=${commit},subdir=proto`);
  console.log(`proto: nothing breaks what ${promised} promised`);
}

async function refuseStaleCode(): Promise<void> {
  const fresh = await mkdtemp(join(tmpdir(), 'ostler-proto-'));
  try {
    // Outputs are named from proto/ as `../packages/...`, so the stage needs one folder to step out of.
    await buf('generate', '--output', join(fresh, 'proto'));
    const stale = await differences(join(fresh, 'packages/contracts/src/gen'), generated);
    if (stale.length > 0) throw new Error(`generated code is stale, run pnpm proto: ${stale.join(', ')}`);
  } finally {
    await rm(fresh, { recursive: true });
  }
  console.log('proto: the generated code is what proto/ says');
}

async function differences(fresh: string, current: string): Promise<string[]> {
  const [expected, found] = await Promise.all([filesBelow(fresh), filesBelow(current)]);
  const names = new Set([...expected.keys(), ...found.keys()]);
  return [...names].filter((name) => expected.get(name) !== found.get(name));
}

async function filesBelow(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return new Map(names.map((name, index) => [name, texts[index] ?? '']));
}

await buf('lint');
if (process.argv[2] === 'check') {
  await refuseBreakingChanges();
  await refuseStaleCode();
} else {
  await buf('generate');
}
