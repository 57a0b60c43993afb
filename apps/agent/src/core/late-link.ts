import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import type { Link } from '../link/core.port';

/**
 * The link, for parts that are made before it. Until it is bound, pokes are lost (it reads everything when
 * it connects) and questions are answered with UNAVAILABLE, as they are while it is not connected.
 */
export class LateLink implements Link {
  private link: Link | undefined;

  bind(link: Link): void {
    this.link = link;
  }

  get connected(): boolean {
    return this.link?.connected ?? false;
  }

  pokeStatus(): void {
    this.link?.pokeStatus();
  }

  pokeOperations(): void {
    this.link?.pokeOperations();
  }

  pokeServerReport(): void {
    this.link?.pokeServerReport();
  }

  pokeTelemetry(): void {
    this.link?.pokeTelemetry();
  }

  sign: Link['sign'] = async (request) => this.require().sign(request);

  publishChallenge: Link['publishChallenge'] = async (request) => this.require().publishChallenge(request);

  fetchRelease: Link['fetchRelease'] = async (digest) => this.require().fetchRelease(digest);

  fetchFile: Link['fetchFile'] = (sha256, offset) => this.require().fetchFile(sha256, offset);

  fetchAgentPackage: Link['fetchAgentPackage'] = (sha256, offset) =>
    this.require().fetchAgentPackage(sha256, offset);

  private require(): Link {
    if (this.link) return this.link;
    throw new AppError(ErrorReason.UNAVAILABLE, 'The control plane is not connected.');
  }
}
