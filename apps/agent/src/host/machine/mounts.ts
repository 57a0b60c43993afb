export interface Mount {
  readonly mountPoint: string;
  readonly fileSystem: string;
}

/** Kept on a disk of this machine. Read-only images (squashfs, iso9660), network and memory are none. */
const DISK_FILE_SYSTEMS = new Set([
  'bcachefs',
  'btrfs',
  'exfat',
  'ext2',
  'ext3',
  'ext4',
  'f2fs',
  'jfs',
  'ntfs3',
  'reiserfs',
  'ubifs',
  'vfat',
  'xfs',
  'zfs',
]);

/**
 * Every disk once, from /proc/self/mountinfo (proc_pid_mountinfo(5)): one that is mounted at several places, or
 * bound into others, at its shortest one. The root counts whatever it is made of, as in a container.
 */
export function diskMounts(mountinfo: string): Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const line of mountinfo.split('\n')) {
    const parsed = parseLine(line);
    if (!parsed) continue;
    const { device, mount } = parsed;
    const known = byDevice.get(device);
    if (!known || mount.mountPoint.length < known.mountPoint.length) byDevice.set(device, mount);
  }
  return [...byDevice.values()].sort((a, b) => (a.mountPoint < b.mountPoint ? -1 : 1));
}

/** "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw": optional fields end at the lone dash. */
function parseLine(line: string): { device: string; mount: Mount } | undefined {
  const [before, after] = line.split(' - ');
  const [, , device, , escaped] = before?.split(' ') ?? [];
  const [fileSystem] = after?.split(' ') ?? [];
  if (!device || !escaped || !fileSystem) return undefined;
  const mountPoint = unescaped(escaped);
  if (mountPoint !== '/' && !DISK_FILE_SYSTEMS.has(fileSystem)) return undefined;
  return { device, mount: { mountPoint, fileSystem } };
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
