import { Injectable } from '@nestjs/common';

interface Known {
  readonly version: bigint;
  readonly total: number;
}

const MOST_LISTS = 1000;

/**
 * How long lists are, remembered for as long as nothing of their tenants changes: counting reads every row of
 * a list, its pages do not.
 */
@Injectable()
export class ListTotals {
  private readonly known = new Map<string, Known>();

  /** `list` names tenants and conditions; `version` is the newest one of the tenants, read before the count. */
  async totalOf(list: string, version: bigint, count: () => Promise<number>): Promise<number> {
    const known = this.known.get(list);
    if (known?.version === version) return known.total;
    const total = await count();
    if (this.known.size >= MOST_LISTS) this.known.clear();
    this.known.set(list, { version, total });
    return total;
  }
}
