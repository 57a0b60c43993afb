import type { Disk, Machine } from './port';

const GIB = 1024n ** 3n;

/** A machine in memory: what its disks are and hold is set by the test. */
export class FakeMachine implements Machine {
  list: Disk[] = [{ mountPoint: '/', fileSystem: 'ext4', sizeBytes: 40n * GIB, freeBytes: 30n * GIB }];
  docker = '';

  disks(): Promise<readonly Disk[]> {
    return Promise.resolve(this.list);
  }

  dockerVersion(): Promise<string> {
    return Promise.resolve(this.docker);
  }
}
