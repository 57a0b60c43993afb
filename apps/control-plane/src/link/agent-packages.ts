import { Injectable } from '@nestjs/common';

/** Packages of the agent by their digest, from an offset on; undefined when there is none. */
export type AgentPackageSource = (
  sha256: Uint8Array,
  offset: bigint,
) => AsyncIterable<Uint8Array> | undefined;

/** The room that keeps releases of the agent registers itself here. */
@Injectable()
export class AgentPackages {
  private source: AgentPackageSource = () => undefined;

  register(source: AgentPackageSource): void {
    this.source = source;
  }

  read(sha256: Uint8Array, offset: bigint): AsyncIterable<Uint8Array> | undefined {
    return this.source(sha256, offset);
  }
}
