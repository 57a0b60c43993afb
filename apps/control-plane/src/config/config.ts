import type { LogLevel } from '../platform/log';

export interface ConfigValues {
  readonly dataFolder: string;
  readonly databaseUrl: string | undefined;
  readonly databaseDirectUrl: string | undefined;
  readonly httpPort: number;
  readonly publicPort: number;
  readonly agentPort: number;
  readonly publicListen: string;
  /** Undefined: the first address of this machine. */
  readonly publicAddress: string | undefined;
  readonly hosts: readonly string[];
  readonly tls: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  readonly masterKeyFile: string;
  /** Where builds put releases of the agent. */
  readonly agentReleasesFolder: string | undefined;
  readonly ownerEmail: string;
  readonly localAgent: boolean;
  readonly exampleSite: boolean;
  readonly logLevel: LogLevel;
  /** For how long what is needed no more is kept. */
  readonly keep: {
    readonly outputDays: number;
    readonly releaseDays: number;
    /** Newest revisions of a resource that keep the release they name. */
    readonly releaseRevisions: number;
    readonly removalDays: number;
    readonly secretDays: number;
  };
  /** Name of the point at which a test kills the control plane. */
  readonly failpoint: string | undefined;
}

/** What this process was told at start; never changes. Inject it. */
export class Config {
  constructor(readonly values: ConfigValues) {
    Object.freeze(values);
    Object.freeze(this);
  }
}
