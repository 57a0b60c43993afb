/** What this server can do, or why it cannot. */
export interface Capability {
  readonly name: string;
  readonly available: boolean;
  /** Where it is, or the reason and the way out. */
  readonly detail: string;
}

/** Looks at the server; changes nothing. */
export type Probe = () => Promise<Capability>;
