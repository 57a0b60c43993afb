import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProgram } from '../harness/machine/program';
import type { ImageDefinition } from './image-definition';
import { addLocalRepository, LOCAL_REPOSITORY_SOURCE } from './local-repository';

export const KERNEL_MODULES = '/usr/lib/uml/modules';

/**
 * Builds a root file system and writes it as an ext4 image to `imagePath`, whole or not at all.
 * Takes about 30 s; needs root and the packages of machine-packages.ts. One builder of a name at a time.
 */
export async function buildImage(definition: ImageDefinition, imagePath: string): Promise<void> {
  const work = join(dirname(imagePath), `.building-${definition.name}`);
  // What a killed builder left; everything that it had started ended with it.
  await rm(work, { recursive: true, force: true });
  await mkdir(work);
  try {
    const root = join(work, 'root');
    await installPackages(definition, root);
    await shapeRoot(definition, root);
    await writeFileSystem(root, join(work, 'image'), definition.sizeMebibytes);
    await rename(join(work, 'image'), imagePath);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Mounts and processes of its own, which the kernel ends when this process ends: a builder that is killed leaves
 * neither a running mmdebstrap nor its mounts below the folder, and so one that can be removed.
 */
const ENDS_WITH_BUILDER =
  'setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc'.split(' ');

async function installPackages(definition: ImageDefinition, root: string): Promise<void> {
  await runProgram([
    ...ENDS_WITH_BUILDER,
    'mmdebstrap',
    '--mode=root',
    '--format=directory',
    '--variant=minbase',
    '--aptopt=APT::Install-Recommends "false"',
    `--include=${definition.packages.join(',')}`,
    definition.suite,
    root,
    ...(await machineSources(definition.suite)),
  ]);
}

/** The Debian mirrors that this machine's own apt is set up with, as one-line sources for the suite. */
async function machineSources(suite: string): Promise<string[]> {
  let sources = await listSources(suite);
  if (sources.length === 0) {
    // A machine whose package lists were removed to save space knows its mirrors again after this.
    await runProgram(['apt-get', 'update']);
    sources = await listSources(suite);
  }
  if (sources.length > 0) return sources;
  throw new Error(`this machine's apt has no Debian mirror for ${suite}: add one to /etc/apt/sources.list`);
}

async function listSources(suite: string): Promise<string[]> {
  const format = '$(REPO_URI) $(CODENAME) $(COMPONENT)';
  const filters = ['Identifier: Packages', 'Origin: Debian'];
  const listing = await runProgram(['apt-get', 'indextargets', '--format', format, ...filters]);
  const lines = [...new Set(listing.split('\n'))].filter((line) => {
    const [, codename = ''] = line.split(' ');
    return codename === suite || codename.startsWith(`${suite}-`);
  });
  return lines.map((line) => `deb ${line}`);
}

async function shapeRoot(definition: ImageDefinition, root: string): Promise<void> {
  await cp(KERNEL_MODULES, join(root, 'usr/lib/modules'), { recursive: true, verbatimSymlinks: true });
  await cp(definition.overlay, root, { recursive: true, verbatimSymlinks: true });
  for (const unit of definition.maskedUnits) await maskUnit(root, unit);
  if (definition.disabledUnits.length > 0) {
    await runProgram(['systemctl', `--root=${root}`, 'disable', ...definition.disabledUnits]);
  }
  // The kernel has no nf_tables for IPv4; a server made of this image has only the older iptables.
  for (const name of ['iptables', 'ip6tables']) {
    await runProgram(['chroot', root, 'update-alternatives', '--set', name, `/usr/sbin/${name}-legacy`]);
  }
  await runProgram(['chroot', root, 'passwd', '--delete', 'root']);
  // Empty, not absent: each server makes its own identity at its first boot without systemd's first-boot work.
  await writeFile(join(root, 'etc/machine-id'), '');
  await writeFile(join(root, 'etc/fstab'), '');
  if (definition.repositoryPackages) await addLocalRepository(root, definition.repositoryPackages);
  await replaceMirrors(root, definition.repositoryPackages ? LOCAL_REPOSITORY_SOURCE : '');
  await writeFile(join(root, 'etc/resolv.conf'), '');
}

async function maskUnit(root: string, unit: string): Promise<void> {
  const path = join(root, 'etc/systemd/system', unit);
  await rm(path, { force: true });
  await symlink('/dev/null', path);
}

/** No server of a test may try to reach the mirrors of the machine that built its image, nor keep apt's options of then. */
async function replaceMirrors(root: string, sources: string): Promise<void> {
  const folder = join(root, 'etc/apt/sources.list.d');
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) await rm(join(folder, name));
  await writeFile(join(root, 'etc/apt/sources.list'), sources);
  await rm(join(root, 'etc/apt/apt.conf.d/99mmdebstrap'), { force: true });
}

async function writeFileSystem(root: string, image: string, sizeMebibytes: number): Promise<void> {
  // No blocks are kept back for root, so that a full disk is full for the agent too; the journal stays on,
  // so that a power loss is honest.
  await runProgram(['mke2fs', '-q', '-t', 'ext4', '-m', '0', '-d', root, image, `${sizeMebibytes}M`]);
}
