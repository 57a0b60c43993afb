import { Injectable } from '@nestjs/common';
import { ErrorReason, type Operation, type OperationSpec } from '@ostler/contracts';
import { AppError, newUid } from '@ostler/kernel';
import { afterCommit, UnitOfWork, Wake } from '../platform/db';
import { failpoint } from '../platform/failpoints';
import { causeOfCall, requirePermission } from '../platform/rpc';
import { cancelledUnsent, OperationDispatcher } from './operation-dispatcher';
import { kindOf } from './operation-kinds';
import { toOperation } from './operation-messages';
import { OperationNews } from './operation-news';
import { OperationRepository, type OperationRow } from './operation.repository';
import { SignedReleases } from './signed-releases';

export interface StartWish {
  readonly tenantUid: string;
  readonly actor: string;
  readonly server: string;
  readonly spec: OperationSpec;
  readonly deadlineSeconds: number;
  /** When it is committed, before the agent hears of it. */
  readonly committed?: (operation: OperationRow) => void;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Just stored, in state pending. */
  readonly known?: OperationRow;
}

/** Operations, within the caller's unit of work unless it says otherwise. */
@Injectable()
export class OperationsService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly operations: OperationRepository,
    private readonly dispatcher: OperationDispatcher,
    private readonly news: OperationNews,
    private readonly releases: SignedReleases,
  ) {}

  /** Durable when the unit commits; sent right after. */
  async start(wish: StartWish): Promise<Operation> {
    const kind = kindOf(wish.spec);
    if (!kind) throw AppError.invalid('spec.operation', 'UNKNOWN', 'this control plane does not know it.');
    if (kind.permission !== undefined) requirePermission(kind.permission, `run "${kind.title}"`);
    return this.startGranted(wish);
  }

  /** The same without asking who calls: for loops that carry on what somebody was allowed to begin. */
  async startGranted(wish: StartWish): Promise<Operation> {
    const kind = kindOf(wish.spec);
    if (!kind) throw AppError.invalid('spec.operation', 'UNKNOWN', 'this control plane does not know it.');
    this.checkRelease(wish.spec);
    const row = await this.operations.insert({
      ...wish,
      ...causeOfCall(),
      uid: newUid(),
      retryClass: kind.retryClass,
    });
    if (!row) throw AppError.notFound(`Server ${wish.server}`);
    this.wake.notify('operations');
    failpoint('operation.written');
    afterCommit(() => {
      failpoint('operation.committed');
      wish.committed?.(row);
      this.dispatcher.dispatch(row);
      failpoint('operation.sent');
    });
    return toOperation(row);
  }

  async get(uid: string): Promise<Operation> {
    return toOperation(await this.require(uid));
  }

  async list(server: string, onlyRunning: boolean, beforeUid: string | undefined, limit: number) {
    return (await this.operations.list(server, onlyRunning, beforeUid, limit)).map(toOperation);
  }

  /** For watches: the newest, in a unit of its own. */
  newest(tenantUids: readonly string[], limit: number): Promise<Operation[]> {
    return this.unitOfWork.asTenant(tenantUids, () => this.list('', false, undefined, limit));
  }

  /** An operation that has ended stays as it is. */
  async cancel(uid: string): Promise<Operation> {
    const row = await this.require(uid);
    if (row.ended_at === null) {
      await this.operations.requestCancel(uid);
      if (this.dispatcher.wasNeverSent(row)) await this.operations.endHere(uid, cancelledUnsent);
      this.wake.notify('operations');
      afterCommit(() => {
        this.dispatcher.cancel(row);
        this.news.tell(uid);
      });
    }
    return this.get(uid);
  }

  /** Opens units of its own: it waits without a transaction. */
  async wait(tenantUids: readonly string[], uid: string, options: WaitOptions): Promise<Operation> {
    // An end is told to those only who have read the operation before, or have stored it.
    const read = async (told?: OperationRow) =>
      told ?? (await this.unitOfWork.readAsTenant(tenantUids, () => this.require(uid)));
    return toOperation(await this.news.follow(uid, options, read, (row) => row.ended_at !== null));
  }

  /** For watches: what changed since a version, and the version to go on from; 0 begins with the latest. */
  async changesSince(tenantUids: readonly string[], sinceVersion: bigint) {
    return this.unitOfWork.asTenant(tenantUids, async () => {
      const version = await this.operations.horizon();
      const rows = await this.operations.changedSince(sinceVersion);
      return { changed: rows.map(toOperation), removed: [] as string[], version };
    });
  }

  /** @throws AppError NOT_FOUND for a release that is not here. */
  private checkRelease({ operation }: OperationSpec): void {
    if (operation.case !== 'updateAgent' || this.releases.get(operation.value.version)) return;
    throw new AppError(
      ErrorReason.NOT_FOUND,
      `This control plane has no release ${operation.value.version} of the agent.`,
    );
  }

  /** @throws AppError NOT_FOUND */
  private async require(uid: string): Promise<OperationRow> {
    const row = await this.operations.byUid(uid);
    if (!row)
      throw new AppError(ErrorReason.NOT_FOUND, `Operation ${uid} does not exist, or is not yours to see.`);
    return row;
  }
}
