/** What the benchmark asks the process of consoles. */
export type ConsolesRequest =
  | { readonly ask: 'open'; readonly count: number; readonly url: string; readonly token: string }
  | { readonly ask: 'look' };

export interface ConsolesView {
  /** Consoles that have been given the whole present state. */
  readonly live: number;
  /** Messages of all consoles so far. */
  readonly messages: number;
  readonly bytes: number;
  /** When the last of them came, in milliseconds since 1970. */
  readonly lastAtMs: number;
  /** Why streams ended that should not have. */
  readonly ended: readonly string[];
}
