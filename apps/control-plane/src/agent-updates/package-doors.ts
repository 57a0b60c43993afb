import { createReadStream } from 'node:fs';

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AgentPackages } from '../link';
import { SignedReleases } from '../operations';
import { AgentReleases } from './agent-releases';

const READ_BYTES = 256 * 1024;

/** Gives the link the packages and operations the signed releases: both know nothing of where those lie. */
@Injectable()
export class PackageDoors implements OnModuleInit {
  constructor(
    private readonly releases: AgentReleases,
    private readonly packages: AgentPackages,
    private readonly signed: SignedReleases,
  ) {}

  onModuleInit(): void {
    this.signed.register((version) => this.releases.signed(version));
    this.packages.register((sha256, offset) => {
      const path = this.releases.packagePath(sha256);
      return path === undefined ? undefined : pieces(path, Number(offset));
    });
  }
}

function pieces(path: string, start: number): AsyncIterable<Uint8Array> {
  return createReadStream(path, { start, highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
}
