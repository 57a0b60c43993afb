/** What the parent asks of a process of simulated agents; each is answered once, by its id. */
export type CrowdRequest =
  | {
      readonly ask: 'join';
      readonly names: readonly string[];
      readonly controlUrl: string;
      readonly token: string;
      readonly caPin: string;
    }
  /** `agentAddress`: where the agents' listener is reached, when not where joining told. */
  | { readonly ask: 'start'; readonly agentAddress?: string }
  | { readonly ask: 'look' }
  /** Each agent that ran an operation has something to tell on its telemetry lane. */
  | { readonly ask: 'speak'; readonly bytes?: number }
  | { readonly ask: 'stop' };

/** The sum over the agents of a process, or of all processes. */
export interface CrowdView {
  readonly agents: number;
  readonly connected: number;
  /** Agents whose telemetry has all been acknowledged. */
  readonly quiet: number;
  readonly unacknowledgedOperations: number;
  readonly mostEffects: number;
  /** How many have stored a manifest of at least this revision: by revision, as text. */
  readonly revisions: Readonly<Record<string, number>>;
  /** When the last manifest was stored, in milliseconds since 1970. */
  readonly lastStoredAtMs: number;
}

export type CrowdAnswer =
  | { readonly id: number; readonly view: CrowdView }
  | { readonly id: number; readonly failed: string };
