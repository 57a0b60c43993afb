import type { Disk } from '../host/machine';

/**
 * What is told of disks, so that writing to them is no news by itself: the free space that was told last stays
 * until it is off by 2 % of the disk, or by a tenth of what was free. So a disk that fills up is told in ever
 * finer steps.
 */
export function steadyDisks(told: readonly Disk[], seen: readonly Disk[]): Disk[] {
  return seen.map((disk) => {
    const last = told.find(
      ({ mountPoint, sizeBytes }) => mountPoint === disk.mountPoint && sizeBytes === disk.sizeBytes,
    );
    return last && !isNews(last, disk) ? { ...disk, freeBytes: last.freeBytes } : disk;
  });
}

function isNews(last: Disk, { sizeBytes, freeBytes }: Disk): boolean {
  const off = freeBytes > last.freeBytes ? freeBytes - last.freeBytes : last.freeBytes - freeBytes;
  return off * 50n > sizeBytes || off * 10n > last.freeBytes;
}
