import { create } from '@bufbuild/protobuf';
import {
  type Resource,
  ResourceSchema,
  type WatchRequest,
  type WatchResponse,
  WatchResponseSchema,
  WatchResponse_Type as Type,
} from '@ostler/contracts';
import { AppError, Waker } from '@ostler/kernel';
import { Injectable } from '@nestjs/common';

import { Config } from '../../config';
import { queryOne, UnitOfWork, Wake } from '../../platform/db';
import { type ChangedResources, type RemovedResource, ResourceChanges } from './resource-changes';

/** The list as it is, then every change after it. Re-reads after every wake-up, also after a lost LISTEN. */
@Injectable()
export class WatchService {
  constructor(
    private readonly config: Config,
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly changes: ResourceChanges,
  ) {}

  async *watch(
    request: WatchRequest,
    tenantUids: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<WatchResponse> {
    if (request.sinceVersion > 0n) await this.refuseForgotten(request.sinceVersion, tenantUids);
    const waker = new Waker();
    // Before the first read: a change in between is a wake-up that is kept.
    const off = this.wake.on('resources', () => waker.poke());
    try {
      let since = request.sinceVersion;
      let first = since === 0n;
      while (!signal.aborted) {
        const piece = await this.changes.changesSince(tenantUids, since);
        yield* responsesOf(piece, request, first);
        if (!piece.more && (first || piece.version > since || since === request.sinceVersion))
          yield bookmark(piece.version);
        since = piece.version;
        if (piece.more) continue;
        first = false;
        await waker.wait(signal);
      }
    } finally {
      off();
    }
  }

  /** A removal after the version may be forgotten when one that is older than what is kept lies after it. */
  private async refuseForgotten(since: bigint, tenantUids: readonly string[]): Promise<void> {
    const { removalDays } = this.config.values.keep;
    const forgotten = await this.unitOfWork.asTenant(tenantUids, () =>
      queryOne(
        `select from resource_removal
         where resource_version > $1 and removed_at < now() - make_interval(days => $2) limit 1`,
        [since, removalDays],
      ),
    );
    if (forgotten) throw tooOld(removalDays);
  }
}

function tooOld(days: number): AppError {
  const message = `is older than what is remembered of removals (${days} days); begin anew with 0`;
  return AppError.invalid('sinceVersion', 'TOO_OLD', message);
}

function* responsesOf(
  piece: ChangedResources,
  request: WatchRequest,
  first: boolean,
): Generator<WatchResponse> {
  for (const resource of piece.changed) {
    const { kind, name, resourceVersion } = resource.meta!;
    if (!isWanted(request, kind, name)) continue;
    yield create(WatchResponseSchema, {
      type: first ? Type.PRESENT : Type.CHANGED,
      resource,
      resourceVersion,
    });
  }
  for (const removed of piece.removed) {
    if (!isWanted(request, removed.kind, removed.name)) continue;
    yield create(WatchResponseSchema, {
      type: Type.REMOVED,
      resource: remains(removed),
      resourceVersion: removed.version,
    });
  }
}

const isWanted = (request: WatchRequest, kind: number, name: string): boolean =>
  (Number(request.kind) === 0 || Number(request.kind) === kind) &&
  (request.name === '' || request.name === name);

/** All that is known of what is gone. */
const remains = ({ uid, kind, name, version }: RemovedResource): Resource =>
  create(ResourceSchema, { meta: { uid, kind, name, resourceVersion: version } });

const bookmark = (resourceVersion: bigint): WatchResponse =>
  create(WatchResponseSchema, { type: Type.BOOKMARK, resourceVersion });
