import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withFileLock } from '../harness/machine/file-lock';
import { installMachinePackages } from '../harness/machine/machine-packages';
import { buildImage, KERNEL_MODULES } from './build-image';
import type { ImageDefinition } from './image-definition';
import { hashImage } from './image-hash';

const KEPT_DAYS = 7;

/** The folder that holds built images: `$OSTLER_CACHE/images`, or ~/.cache/ostler/images. */
export function imageCacheFolder(): string {
  return join(process.env['OSTLER_CACHE'] ?? join(homedir(), '.cache', 'ostler'), 'images');
}

/** The path of the image, built first where it is not cached. A second caller waits for the first one's build. */
export async function ensureImage(definition: ImageDefinition): Promise<string> {
  await installMachinePackages();
  const [kernelVersion = ''] = await readdir(KERNEL_MODULES);
  const folder = imageCacheFolder();
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${definition.name}-${await hashImage(definition, kernelVersion)}.img`);
  if (await isThere(path)) return path;
  return withFileLock(join(folder, `${definition.name}.lock`), async () => {
    if (await isThere(path)) return path;
    await removeOldImages(folder, definition.name);
    await buildImage(definition, path);
    return path;
  });
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Images of older definitions leave after a week; another checkout of the machine may still want a younger one. */
async function removeOldImages(folder: string, name: string): Promise<void> {
  const oldest = Date.now() - KEPT_DAYS * 24 * 3600 * 1000;
  for (const file of await readdir(folder)) {
    if (!file.startsWith(`${name}-`) || !file.endsWith('.img')) continue;
    if ((await stat(join(folder, file))).mtimeMs < oldest) await rm(join(folder, file));
  }
}
