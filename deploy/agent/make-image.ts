import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { type AgentPackage, makeAgentPackage } from './make-package.ts';

// The agent as an image for a container: the package, the C library that its node is linked to, and nothing else; no
// shell, no package manager, no base image.
//   node deploy/agent/make-image.ts [OUTPUT]      makes OUTPUT/ostler-agent-image/{Dockerfile,root.tar}

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const home = '/opt/ostler-agent/current';

export interface AgentImage {
  /** For `docker build`. */
  readonly folder: string;
  /** For `docker import`, with the changes that the Dockerfile names. */
  readonly rootArchive: string;
  /** What the container runs. */
  readonly entrypoint: readonly string[];
}

/** Makes the image of a package. Node's own libraries come from this machine, whose processor it is for. */
export async function makeAgentImage(
  output: string,
  { folder: packaged }: AgentPackage,
): Promise<AgentImage> {
  const folder = join(output, 'ostler-agent-image');
  const tree = join(folder, 'root');
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(tree, dirname(home)), { recursive: true, mode: 0o755 });
  await cp(packaged, join(tree, home), { recursive: true });
  await copyLibraries(join(packaged, 'node'), tree);
  await writeAccounts(tree);
  const flags = (await readFile(join(packaged, 'agent-flags.txt'), 'utf8')).split('\n');
  const entrypoint = [
    `${home}/node`,
    ...flags.filter((flag) => flag.startsWith('--')),
    `${home}/agent.cjs`,
    'run',
  ];
  const rootArchive = join(folder, 'root.tar');
  await pack(tree, rootArchive);
  await rm(tree, { recursive: true });
  await writeFile(join(folder, 'Dockerfile'), dockerfile(entrypoint));
  return { folder, rootArchive, entrypoint };
}

/** The loader and what it loads, at the places where it looks for them. */
async function copyLibraries(program: string, tree: string): Promise<void> {
  const { stdout } = await run('/usr/bin/ldd', [program]);
  const files = stdout.split('\n').flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  for (const file of files) {
    await mkdir(join(tree, dirname(file)), { recursive: true, mode: 0o755 });
    await copyFile(file, join(tree, file));
  }
}

async function writeAccounts(tree: string): Promise<void> {
  for (const folder of ['etc', 'proc', 'run', 'sys', 'dev', 'var/lib/ostler-agent'])
    await mkdir(join(tree, folder), { recursive: true, mode: 0o755 });
  await mkdir(join(tree, 'tmp'), { mode: 0o1777 });
  await writeFile(join(tree, 'etc/passwd'), 'root:x:0:0:root:/:/\n');
  await writeFile(join(tree, 'etc/group'), 'root:x:0:\n');
  await writeFile(join(tree, 'etc/nsswitch.conf'), 'hosts: files dns\n');
}

/** The same input gives the same bytes. */
async function pack(tree: string, archive: string): Promise<void> {
  const stable = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  await run('/bin/tar', ['-C', tree, ...stable, '-cf', archive, '.']);
}

function dockerfile(entrypoint: readonly string[]): string {
  return [
    'FROM scratch',
    'ADD root.tar /',
    '# Who this server is, and what it holds: without this volume each start would be another server.',
    'VOLUME /var/lib/ostler-agent',
    `ENTRYPOINT ${JSON.stringify(entrypoint)}`,
    '',
  ].join('\n');
}

if (import.meta.main) {
  const [output = join(root, 'dist')] = process.argv.slice(2);
  const { folder } = await makeAgentImage(output, await makeAgentPackage(output));
  console.log(`docker build -t ostler-agent ${folder}`);
}
