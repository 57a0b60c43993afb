import { createHash } from 'node:crypto';

import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type BeginReleaseRequest, type BeginReleaseResponse, BeginReleaseResponseSchema, type CommitReleaseRequest, ErrorReason,
  type PutFileRequest, type Release, ReleaseIndexSchema, ReleaseSchema,
} from '@ostler/contracts'; // prettier-ignore
import { fromBinary } from '@bufbuild/protobuf';
import { AppError } from '@ostler/kernel';
import { Injectable } from '@nestjs/common';

import { afterCommit } from '../platform/db';
import { failpoint } from '../platform/failpoints';
import { audit, currentCall } from '../platform/rpc';
import { buildIndex } from './release-index';
import { type ContentRow, ReleaseRepository, type ReleaseRow } from './release.repository';

/**
 * Takes releases in:
 *
 *     Begin (the list) -> PutFile, piece by piece -> Commit (complete)
 *
 * Every step may be repeated. A content counts only when its hash fits.
 */
@Injectable()
export class ReleaseService {
  constructor(private readonly repository: ReleaseRepository) {}

  async begin({ files }: Pick<BeginReleaseRequest, 'files'>): Promise<BeginReleaseResponse> {
    const { tenantUid } = currentCall();
    const index = buildIndex(files);
    await this.repository.keepContents(tenantUid);
    await this.repository.insert(tenantUid, {
      digest: index.digest,
      files: files.length,
      bytes: index.totalBytes,
      index: index.bytes,
    });
    await this.repository.expectContents(tenantUid, index.contents);
    const hashes = [...index.contents.keys()].map((hash) => Buffer.from(hash, 'hex'));
    const missing = await this.repository.missing(tenantUid, hashes);
    if (missing.length === 0) await this.repository.complete(tenantUid, index.digest);
    const row = await this.require(tenantUid, index.digest);
    audit.note({
      subject: `Release ${index.digest.slice(0, 19)}`,
      message: `begun with ${files.length} files`,
    });
    return create(BeginReleaseResponseSchema, { release: encodeRelease(row), missing });
  }

  /** Returns where the next piece begins. */
  async putFile({ sha256, size, offset, data }: PutFileRequest): Promise<bigint> {
    const { tenantUid } = currentCall();
    const content = await this.repository.lockContent(tenantUid, sha256);
    const end = offset + BigInt(data.length);
    checkPiece(content, size, offset, end);
    audit.nothingChanged();
    if (content.complete) return content.size;
    // Taken before: the answer was lost on its way.
    if (end <= content.received && (data.length > 0 || content.size > 0n)) return content.received;
    if (data.length === 0 && content.size > 0n)
      throw AppError.invalid('data', 'REQUIRED', 'is empty; send a piece of the file');
    await this.repository.addPiece(tenantUid, sha256, offset, data);
    if (end === content.size) await this.verify(tenantUid, sha256);
    failpoint('release.piece-written');
    afterCommit(() => failpoint('release.piece-committed'));
    return end;
  }

  /** @throws AppError CONFLICT while contents are missing. */
  async commit({ digest }: Pick<CommitReleaseRequest, 'digest'>): Promise<Release> {
    const { tenantUid } = currentCall();
    const row = await this.require(tenantUid, digest);
    const files = fromBinary(ReleaseIndexSchema, row.index).files;
    const unique = new Map(files.map(({ sha256 }) => [Buffer.from(sha256).toString('hex'), sha256]));
    const missing = await this.repository.missing(tenantUid, [...unique.values()]);
    if (missing.length > 0) {
      throw new AppError(
        ErrorReason.CONFLICT,
        `${missing.length} of the contents of ${digest} are not there yet. Put them, then commit again.`,
      );
    }
    await this.repository.complete(tenantUid, digest);
    audit.note({
      subject: `Release ${digest.slice(0, 19)}`,
      message: `published ${row.files} files, ${row.bytes} bytes`,
    });
    failpoint('release.complete-written');
    afterCommit(() => failpoint('release.complete-committed'));
    return encodeRelease({ ...row, complete: true });
  }

  /** Reads the pieces again, so that what is served later is what was promised. */
  private async verify(tenantUid: string, sha256: Uint8Array): Promise<void> {
    const hash = createHash('sha256');
    for (let offset = 0n; ;) {
      const piece = await this.repository.pieceAt(tenantUid, sha256, offset);
      if (!piece || piece.offset !== offset) break;
      hash.update(piece.data);
      offset += BigInt(piece.data.length);
    }
    if (hash.digest().equals(Buffer.from(sha256))) return this.repository.finishContent(tenantUid, sha256);
    await this.repository.dropContent(tenantUid, sha256);
  }

  private async require(tenantUid: string, digest: string): Promise<ReleaseRow> {
    const row = await this.repository.find(tenantUid, digest);
    if (!row) throw AppError.notFound(`Release ${digest}`);
    return row;
  }
}

function checkPiece(
  content: ContentRow | undefined,
  size: bigint,
  offset: bigint,
  end: bigint,
): asserts content is ContentRow {
  if (!content) throw AppError.notFound('A content with this hash (begin the release first)');
  if (size !== content.size)
    throw AppError.invalid('size', 'SIZE_MISMATCH', `is ${content.size} in the release that named it`);
  if (end > content.size)
    throw AppError.invalid('data', 'TOO_LONG', `goes beyond the ${content.size} bytes of the file`);
  if (!content.complete && offset > content.received) {
    throw AppError.invalid('offset', 'GAP', `leaves a gap; the next piece begins at ${content.received}`);
  }
  if (!content.complete && offset < content.received && end > content.received) {
    throw AppError.invalid(
      'offset',
      'OVERLAP',
      `overlaps what is there; the next piece begins at ${content.received}`,
    );
  }
}

function encodeRelease({ digest, files, bytes, complete, createdAt }: ReleaseRow): Release {
  return create(ReleaseSchema, { digest, files, bytes, complete, createdAt: timestampFromDate(createdAt) });
}
