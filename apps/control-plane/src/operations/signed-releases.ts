import { Injectable } from '@nestjs/common';
import type { SignedAgentRelease } from '@ostler/contracts';

type Source = (version: string) => SignedAgentRelease | undefined;

/** Releases of the agent for operations that update one. The room that takes releases registers itself here. */
@Injectable()
export class SignedReleases {
  private source: Source = () => undefined;

  register(source: Source): void {
    this.source = source;
  }

  /** Undefined when this control plane does not have it. */
  get(version: string): SignedAgentRelease | undefined {
    return this.source(version);
  }
}
