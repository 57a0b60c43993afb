import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { withoutSymbols } from './without-symbols.ts';

// The agent as a folder that runs on any glibc Linux of this processor: Node, a bundle (with what it loads on demand), a starter, a unit.
//   node deploy/agent/make-package.ts OUTPUT        makes OUTPUT/ostler-agent/ and OUTPUT/ostler-agent-linux-ARCH.tar.gz

const root = join(import.meta.dirname, '../..');
const builtBundle = join(root, 'apps/agent/dist/agent.cjs');

export interface AgentPackage {
  /** The unpacked package, for a server that can mount it. */
  readonly folder: string;
  readonly version: string;
}

/** What goes into the package: from, to, mode. Node is the one that runs this, which is the pinned one, less its symbols. */
async function contents(bundle: string): Promise<[source: string, name: string, mode: number][]> {
  const deploy = join(root, 'deploy/agent');
  const onDemand = (await readdir(dirname(bundle))).filter((name) => /^agent-.*\.cjs$/.test(name)).sort();
  return [
    [process.execPath, 'node', 0o755],
    [bundle, 'agent.cjs', 0o644],
    ...onDemand.map((name): [string, string, number] => [join(dirname(bundle), name), name, 0o644]),
    [join(deploy, 'ostler-agent.sh'), 'ostler-agent', 0o755],
    [join(deploy, 'install.sh'), 'install.sh', 0o755],
    [join(deploy, 'agent-flags.txt'), 'agent-flags.txt', 0o644],
    [join(deploy, 'ostler-agent.service'), 'ostler-agent.service', 0o644],
    [join(deploy, 'ostler-agent-first-boot.service'), 'ostler-agent-first-boot.service', 0o644],
    [join(deploy, 'first-boot.sh'), 'first-boot.sh', 0o755],
    [join(deploy, 'policy'), 'policy', 0o644],
    [join(root, 'LICENSE'), 'LICENSE', 0o644],
  ];
}

/** Makes the folder anew. The version is the product's and a hash of what is inside, so that each build differs. */
export async function makeAgentPackage(output: string, bundle = builtBundle): Promise<AgentPackage> {
  const folder = join(output, 'ostler-agent');
  const staging = `${folder}.${process.pid}`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o755 });
  const files = await contents(bundle);
  for (const [source, name, mode] of files) {
    if (name === 'node') await writeFile(join(staging, name), withoutSymbols(await readFile(source)));
    else await copyFile(source, join(staging, name));
    await chmod(join(staging, name), mode);
  }
  const digests = await digestsOf(files.map(([, name]) => join(staging, name)));
  const version = await versionOf(digests);
  await writeFile(join(staging, 'VERSION'), `${version}\n`, { mode: 0o644 });
  // By it the installer tells a whole version from one that lost files.
  await writeFile(join(staging, 'SHA256SUMS'), digests, { mode: 0o644 });
  await rm(folder, { recursive: true, force: true });
  await rename(staging, folder);
  return { folder, version };
}

/** As sha256sum writes it. */
async function digestsOf(files: string[]): Promise<string> {
  const lines: string[] = [];
  for (const file of files) {
    const hash = createHash('sha256');
    for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
    lines.push(`${hash.digest('hex')}  ${basename(file)}\n`);
  }
  return lines.join('');
}

async function versionOf(digests: string): Promise<string> {
  const product = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return `${product.version}-${createHash('sha256').update(digests).digest('hex').slice(0, 12)}`;
}

/** One file for download; the same input gives the same bytes. */
export async function packAgent({ folder }: AgentPackage): Promise<string> {
  const archive = join(dirname(folder), `ostler-agent-linux-${process.arch}.tar.gz`);
  const stable = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  await promisify(execFile)('/bin/tar', ['-C', dirname(folder), ...stable, '-czf', archive, 'ostler-agent']);
  return archive;
}

if (import.meta.main) {
  const [output = join(root, 'dist')] = process.argv.slice(2);
  const made = await makeAgentPackage(output);
  console.log(`${made.folder} (${made.version})\n${await packAgent(made)}`);
}
