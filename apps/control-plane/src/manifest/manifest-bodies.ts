import { Gather } from '@ostler/kernel';
import { Injectable } from '@nestjs/common';

import { isDatabaseAway, UnitOfWork } from '../platform/db';
import { type BodyWish, ManifestRepository } from './manifest.repository';

const MOST_WISHES = 256;
const MOST_REMEMBERED_BYTES = 8 * 1024 ** 2;

/** Compiled bodies for the servers that carry them. One that a whole fleet asks for is read once. */
@Injectable()
export class ManifestBodies {
  private readonly wishes: Gather<BodyWish, Buffer | undefined>;
  /** By hash, so nothing in here goes stale; the oldest give way. */
  private readonly remembered = new Map<string, Buffer>();
  private rememberedBytes = 0;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly repository: ManifestRepository,
  ) {
    this.wishes = new Gather((all) => this.readAll(all), { most: MOST_WISHES, isForAll: isDatabaseAway });
  }

  /** Only what the server's own manifest carries. */
  read(serverUid: string, sha256: Uint8Array): Promise<Buffer | undefined> {
    return this.wishes.ask({ serverUid, sha256: Buffer.from(sha256) });
  }

  private readAll(wishes: readonly BodyWish[]): Promise<(Buffer | undefined)[]> {
    return this.unitOfWork.asSystem('agent-lane', async () => {
      const allowed = await this.repository.mayFetch(wishes);
      const found = await this.find([...new Set(allowed.map(({ sha256 }) => sha256.toString('hex')))]);
      const may = new Set(allowed.map(keyOf));
      return wishes.map((wish) =>
        may.has(keyOf(wish)) ? found.get(wish.sha256.toString('hex')) : undefined,
      );
    });
  }

  private async find(hashes: readonly string[]): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    for (const hash of hashes) {
      const body = this.remembered.get(hash);
      if (body) found.set(hash, body);
    }
    const missing = hashes.filter((hash) => !found.has(hash)).map((hash) => Buffer.from(hash, 'hex'));
    const rows = missing.length > 0 ? await this.repository.bodies(missing) : [];
    for (const { sha256, body } of rows) {
      found.set(sha256.toString('hex'), body);
      this.remember(sha256.toString('hex'), body);
    }
    return found;
  }

  private remember(hash: string, body: Buffer): void {
    this.remembered.set(hash, body);
    this.rememberedBytes += body.length;
    for (const [oldest, { length }] of this.remembered) {
      if (this.rememberedBytes <= MOST_REMEMBERED_BYTES) return;
      this.remembered.delete(oldest);
      this.rememberedBytes -= length;
    }
  }
}

const keyOf = ({ serverUid, sha256 }: BodyWish): string => `${serverUid} ${sha256.toString('hex')}`;
