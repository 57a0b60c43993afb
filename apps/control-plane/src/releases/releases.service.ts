import { fromBinary } from '@bufbuild/protobuf';
import { ReleaseIndexSchema } from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

import { UnitOfWork } from '../platform/db';
import { ReleaseRepository } from './release.repository';

/** Hands content to agents: only to a server on which a site that uses it is placed. */
@Injectable()
export class Releases {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly repository: ReleaseRepository,
  ) {}

  /** Exact bytes of the file list; undefined when the server has no business with it, or there is none. */
  index(serverUid: string, digest: string): Promise<Uint8Array | undefined> {
    return this.unitOfWork.asSystem('releases', async () => {
      const tenantUid = await this.repository.usersOf(serverUid, digest);
      const row = tenantUid ? await this.repository.find(tenantUid, digest) : undefined;
      return row?.complete ? row.index : undefined;
    });
  }

  /**
   * Content from an offset on, in pieces of at most 1 MiB. Undefined when the server has no business with it;
   * an empty piece at its end.
   */
  read(serverUid: string, sha256: Uint8Array, offset: bigint): Promise<Uint8Array | undefined> {
    return this.unitOfWork.asSystem('releases', async () => {
      const tenantUid = await this.tenantOf(serverUid, sha256);
      if (!tenantUid) return undefined;
      const piece = await this.repository.pieceAt(tenantUid, sha256, offset);
      return piece ? piece.data.subarray(Number(offset - piece.offset)) : new Uint8Array();
    });
  }

  private async tenantOf(serverUid: string, sha256: Uint8Array): Promise<string | undefined> {
    const wanted = Buffer.from(sha256);
    for (const { tenantUid, index } of await this.repository.usedBy(serverUid)) {
      // The hash stands literally in the index: a cheap no for most releases.
      if (!index.includes(wanted)) continue;
      if (fromBinary(ReleaseIndexSchema, index).files.some((file) => wanted.equals(Buffer.from(file.sha256))))
        return tenantUid;
    }
    return undefined;
  }
}
