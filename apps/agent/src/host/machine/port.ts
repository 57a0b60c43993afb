/** A file system on a disk of this machine, at the shortest path where it is mounted. */
export interface Disk {
  readonly mountPoint: string;
  readonly fileSystem: string;
  readonly sizeBytes: bigint;
  /** What others than root may still write. */
  readonly freeBytes: bigint;
}

/** What the machine is made of; looking changes nothing. */
export interface Machine {
  /** By mount point. File systems of other machines are not asked: a dead one would never answer. */
  disks(): Promise<readonly Disk[]>;
  /** Version of the Docker that answers at its socket; empty without one. */
  dockerVersion(): Promise<string>;
}
