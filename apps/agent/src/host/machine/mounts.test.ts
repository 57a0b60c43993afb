import { expect, test } from 'vitest';
import { diskMounts } from './mounts';

const places = (mountinfo: string) =>
  diskMounts(mountinfo).map(({ mountPoint, fileSystem }) => `${mountPoint} ${fileSystem}`);

test('disks are found among what the kernel mounts, with and without optional fields', () => {
  expect(
    places(`22 27 0:21 / /proc rw,relatime - proc proc rw
25 24 0:23 / /dev/shm rw - tmpfs tmpfs rw
27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard
30 27 254:16 / /srv rw - xfs /dev/vdb rw
31 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro
32 27 0:50 / /mnt/share rw - nfs4 10.0.0.9:/share rw
`),
  ).toEqual(['/ ext4', '/srv xfs']);
});

test('a disk that is mounted twice, or bound into others, is there once, at its shortest place', () => {
  const bound = `42 27 254:0 /run/netns /run/netns rw - ext4 /dev/vda rw
27 1 254:0 / / rw - ext4 /dev/vda rw
50 27 0:40 /@home /home rw - btrfs /dev/vdc rw
51 27 0:40 /@var /data/var rw - btrfs /dev/vdc rw`;
  expect(places(bound)).toEqual(['/ ext4', '/home btrfs']);
});

test('the root of a container counts, whatever it is made of', () => {
  expect(places('1 0 0:99 / / rw - overlay overlay rw,lowerdir=/a')).toEqual(['/ overlay']);
});

test('names with spaces and backslashes are read as they are', () => {
  expect(places('30 27 254:16 / /srv/a\\040b\\134c rw - ext4 /dev/vdb rw')).toEqual(['/srv/a b\\c ext4']);
});

test('lines that are none are passed over', () => {
  expect(places('\nnonsense\n1 2 3\n - ext4')).toEqual([]);
});
