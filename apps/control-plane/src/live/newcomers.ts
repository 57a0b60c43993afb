import { Serial } from '@ostler/kernel';

import type { Cursor } from './live-source';
import type { Watcher } from './watcher';

export interface Cohort {
  readonly watchers: readonly Watcher[];
  /** Undefined: they want everything. Else the lowest of theirs: a change told twice is told once too often. */
  readonly from: Cursor;
}

interface Gathering extends Cohort {
  readonly watchers: Watcher[];
  from: Cursor;
  readonly admitted: Promise<void>;
}

/**
 * Who comes at the same time is given the present state by one reading, and one reading follows another:
 * after a restart a hundred consoles come back at once, and the database must not be asked a hundred times.
 */
export class Newcomers {
  private readonly serial = new Serial();
  private readonly next = new Map<'everything' | 'changes', Gathering>();

  constructor(private readonly admit: (cohort: Cohort) => Promise<void>) {}

  /** Resolves when the watcher has been given the present state, and is told what changes. */
  async add(watcher: Watcher, from: Cursor): Promise<void> {
    const cohort = this.cohortOf(from);
    cohort.watchers.push(watcher);
    if (typeof from === 'bigint' && typeof cohort.from === 'bigint' && from < cohort.from) cohort.from = from;
    await cohort.admitted;
  }

  private cohortOf(from: Cursor): Gathering {
    const wants = from === undefined ? 'everything' : 'changes';
    const gathering = this.next.get(wants);
    if (gathering) return gathering;
    const admitted = this.serial.run(() => {
      this.next.delete(wants);
      return this.admit(cohort);
    });
    const cohort: Gathering = { watchers: [], from, admitted };
    this.next.set(wants, cohort);
    return cohort;
  }
}
