import type { AuditRecord } from '../platform/rpc';

/** Kinds of failed calls (method, reason, address) that a window keeps apart. */
const mostKinds = 20;

interface Kind {
  readonly first: AuditRecord;
  more: number;
}

/**
 * What the trail gets of callers who are nobody: no or wrong credentials, sign-ins of people who do not
 * exist. Anybody can make such calls, as many as they like, so the first of a kind is an entry at once and
 * the rest of the window is one entry that counts them. A window adds at most 2 * 20 + 1 entries.
 */
export class UnknownCallers {
  private kinds = new Map<string, Kind>();
  private beyond = 0;

  /** The entry to write now; undefined when the call is only counted. */
  note(record: AuditRecord): AuditRecord | undefined {
    const key = JSON.stringify([record.method, record.reason, record.address]);
    const known = this.kinds.get(key);
    if (known) known.more += 1;
    else if (this.kinds.size >= mostKinds) this.beyond += 1;
    else {
      this.kinds.set(key, { first: record, more: 0 });
      return record;
    }
    return undefined;
  }

  /** Ends the window: an entry for each kind that came again, and one for what was not told apart. */
  endWindow(): AuditRecord[] {
    const repeated = [...this.kinds.values()].filter(({ more }) => more > 0);
    const records = repeated.map(({ first, more }) => counted(first, `${more} more such calls`));
    const [any] = this.kinds.values();
    if (any && this.beyond > 0) {
      const message = `${this.beyond} more calls of other kinds or from other addresses`;
      records.push({ ...counted(any.first, message), method: '', address: '' });
    }
    this.kinds = new Map();
    this.beyond = 0;
    return records;
  }
}

function counted(first: AuditRecord, message: string): AuditRecord {
  return { ...first, subject: undefined, requestId: '', message: `${message} since the last entry.` };
}
