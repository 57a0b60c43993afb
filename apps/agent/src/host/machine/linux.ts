import { readFile, statfs } from 'node:fs/promises';
import { readDockerVersion } from '../net';
import { diskMounts, type Mount } from './mounts';
import type { Disk, Machine } from './port';

const DOCKER_SOCKET = '/run/docker.sock';
const DOCKER_TIMEOUT_MS = 2000;

/** The machine as the kernel and Docker's socket tell it. */
export function createLinuxMachine(): Machine {
  return {
    async disks() {
      const mounts = diskMounts(await readFile('/proc/self/mountinfo', 'utf8'));
      const disks = await Promise.all(mounts.map(measured));
      return disks.filter((disk) => disk !== undefined);
    },
    dockerVersion: () => readDockerVersion(DOCKER_SOCKET, DOCKER_TIMEOUT_MS),
  };
}

/** Undefined for one that went away meanwhile, or has no size. */
async function measured({ mountPoint, fileSystem }: Mount): Promise<Disk | undefined> {
  try {
    const { bsize, blocks, bavail } = await statfs(mountPoint, { bigint: true });
    if (blocks === 0n) return undefined;
    return { mountPoint, fileSystem, sizeBytes: blocks * bsize, freeBytes: bavail * bsize };
  } catch {
    return undefined;
  }
}
