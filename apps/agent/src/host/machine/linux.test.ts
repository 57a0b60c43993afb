import { expect, test } from 'vitest';
import { createLinuxMachine } from './linux';

test('this machine has a root with a size, and not more free than that', async () => {
  const disks = await createLinuxMachine().disks();
  const root = disks.find(({ mountPoint }) => mountPoint === '/');
  expect(root?.sizeBytes).toBeGreaterThan(0n);
  expect(root!.freeBytes <= root!.sizeBytes).toBe(true);
  expect(root!.fileSystem).not.toBe('');
});
