import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ErrorReason } from '@ostler/contracts';
import { AppError, messageOf, systemClock } from '@ostler/kernel';
import { Vault } from '../platform/crypto';
import { UnitOfWork, Wake } from '../platform/db';
import { Log } from '../platform/log';
import { AuthorityRepository } from './authority.repository';
import { AuthorityService } from './authority.service';
import { makeCross } from './certificate-profiles';
import { makeControlPlaneAuthorities, openAuthorities } from './open-authorities';

/** How far a rotation is. */
export interface AuthorityStatus {
  /** `sha256//BASE64` of the key of the root that issues. */
  readonly pin: string;
  /** Roots before it that agents may still trust. */
  readonly formerRoots: number;
  /** Names of the servers that have not said that they trust exactly the present roots. */
  readonly waitingFor: readonly string[];
}

/**
 * Replaces the authority while servers are away.
 *
 *     one root --rotate--> two roots: the new one issues, both are trusted, the old one has signed the new one
 *        ^                    |  connected agents are handed both over their lane, others with their next renewal;
 *        |                    |  who was away finds the way by the signed root, or by the pinned listener
 *        '------ retire ------'  refused while somebody lacks the new root, unless forced
 */
@Injectable()
export class AuthorityRotation implements OnModuleInit, OnModuleDestroy {
  private off: (() => void) | undefined;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly repository: AuthorityRepository,
    private readonly authority: AuthorityService,
    private readonly vault: Vault,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.off = this.wake.on('authority', () => {
      this.authority.reload().catch((error: unknown) => {
        this.log.error(`the authorities could not be opened again: ${messageOf(error)}`);
      });
    });
  }

  onModuleDestroy(): void {
    this.off?.();
  }

  /** Makes a new root and intermediate, which issue from now on. Every process takes them at once. */
  async rotate(): Promise<AuthorityStatus> {
    await this.unitOfWork.asSystem('authority', async () => {
      const { repository, vault } = this;
      await repository.lock();
      const { issuers } = await openAuthorities(await repository.inForce(), vault);
      const older = issuers.get('root');
      if (!older) throw new AppError(ErrorReason.UNAVAILABLE, 'There is no authority to rotate yet.');
      await repository.supersede('intermediate');
      const uid = await repository.supersede('root');
      const newer = await makeControlPlaneAuthorities(repository, vault, systemClock.now());
      const cross = await makeCross(newer.certificate, older, systemClock.now());
      await repository.keepCross(uid, new Uint8Array(cross.rawData));
      this.wake.notify('authority');
    });
    await this.authority.reload();
    return this.status();
  }

  /**
   * Ends the trust in the roots before the present one.
   *
   * @throws AppError CONFLICT while servers have not taken the present one, unless it is forced: those come back by
   * the pinned listener, or must be joined again when they have no pin.
   */
  async retire(force: boolean): Promise<AuthorityStatus> {
    const { waitingFor, formerRoots } = await this.status();
    if (formerRoots === 0) return this.status();
    if (waitingFor.length > 0 && !force) throw stillWaited(waitingFor);
    await this.unitOfWork.asSystem('authority', async () => {
      await this.repository.lock();
      await this.repository.forgetFormerRoots();
      this.wake.notify('authority');
    });
    await this.authority.reload();
    return this.status();
  }

  async status(): Promise<AuthorityStatus> {
    await this.authority.reload();
    const without = await this.unitOfWork.asSystem('authority', () =>
      this.repository.serversWithout(this.authority.caBundleSha256()),
    );
    return {
      pin: this.authority.caPin(),
      formerRoots: this.authority.caBundle().length - 1,
      waitingFor: without.map(({ name }) => name),
    };
  }
}

const MOST_NAMED = 10;

function stillWaited(names: readonly string[]): AppError {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return new AppError(
    ErrorReason.CONFLICT,
    `${names.length} servers have not taken the new root: ${names.slice(0, MOST_NAMED).join(', ')}${more}. ` +
      'Wait until they were connected once, or retire the old one by force: then they come back by the pin of ' +
      'the public listener, and those that joined without a pin must be joined again.',
  );
}
