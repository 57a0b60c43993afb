import { Injectable } from '@nestjs/common';
import { ErrorReason } from '@ostler/contracts';
import { AppError, newUid } from '@ostler/kernel';
import { type SelectorRow, SelectorsRepository } from './selectors.repository';

/** What people can still tell apart in a list; a script that makes one per run is stopped here. */
export const MOST_SELECTORS = 200;

/** Labels under a name, within the caller's unit of work. */
@Injectable()
export class SelectorsService {
  constructor(private readonly selectors: SelectorsRepository) {}

  list(tenantUid: string): Promise<SelectorRow[]> {
    return this.selectors.list(tenantUid);
  }

  /** @throws AppError LIMIT_EXCEEDED */
  async save(tenantUid: string, name: string, labels: Record<string, string>): Promise<SelectorRow> {
    const known = await this.selectors.byName(tenantUid, name);
    if (!known && (await this.selectors.count(tenantUid)) >= MOST_SELECTORS) {
      throw new AppError(
        ErrorReason.LIMIT_EXCEEDED,
        `There are ${MOST_SELECTORS} saved selectors already. Delete one that nobody uses.`,
      );
    }
    await this.selectors.save(newUid(), tenantUid, name, labels);
    return (await this.selectors.byName(tenantUid, name))!;
  }

  /** @throws AppError NOT_FOUND */
  async delete(tenantUid: string, name: string): Promise<void> {
    if ((await this.selectors.delete(tenantUid, name)) === 0)
      throw AppError.notFound(`Saved selector ${name}`);
  }
}
