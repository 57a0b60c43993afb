/** What a sweep agent is started with, as JSON in the file that its argument names. */
export interface SweepInput {
  readonly state: string;
  /** Path for the result. */
  readonly result: string;
  readonly failpoint?: string;
  /** nginx does not hear its second reload, once, so that a change is rolled back (which takes seconds). */
  readonly deafReload?: boolean;
}

/** What is true at the end of the scenario. */
export interface SweepResult {
  readonly revision: string;
  readonly held: readonly string[];
  /** By uid, what was reported last and not acknowledged before. */
  readonly ready: Readonly<Record<string, string>>;
  /** By host name. */
  readonly served: Readonly<Record<string, string>>;
  /** By uid, the state in which it ended. */
  readonly operations: Readonly<Record<string, number>>;
  readonly output: string;
  readonly unacknowledged: number;
  readonly certificate: {
    /** The one in use is the renewed one, and its key fits. */
    readonly isRenewed: boolean;
    /** Orders that the authority saw. */
    readonly orders: number;
    /** Orders that the agent knows to be spent. */
    readonly counted: number;
    /** Folders of certificates that are left. */
    readonly folders: number;
  };
}

export const SWEEP = {
  serverUid: '019a0000-0000-7000-8000-000000000001',
  secretUid: '019a0000-0000-7000-8000-000000000002',
  uids: {
    a: '019a0000-0000-7000-8000-00000000000a',
    b: '019a0000-0000-7000-8000-00000000000b',
    certificate: '019a0000-0000-7000-8000-00000000000c',
    doomed: '019a0000-0000-7000-8000-00000000000d',
  },
  operations: {
    noop: '019a0000-0000-7000-8000-0000000000a1',
    diagnose: '019a0000-0000-7000-8000-0000000000a2',
    test: '019a0000-0000-7000-8000-0000000000a3',
  },
} as const;
