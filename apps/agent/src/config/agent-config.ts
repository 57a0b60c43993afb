import type { LogLevel } from '../telemetry';

/** Where the agent keeps what; every folder is made at start. */
export interface Folders {
  /** 0711: workers of nginx reach the releases through it, nobody lists it. */
  readonly state: string;
  /** 0700: the database. */
  readonly store: string;
  /** 0700: key and certificates towards the control plane. */
  readonly identity: string;
  /** 0700: keys and certificates of sites. */
  readonly certificates: string;
  /** 0700: outputs of operations. */
  readonly operations: string;
  /** 0700: what is known of supervised processes. */
  readonly units: string;
  /** 0755: content of published sites. */
  readonly releases: string;
  /** 0755: what nginx reads. */
  readonly nginx: string;
}

export interface NginxConfig {
  /** `auto`: the system's own where it is and systemd runs it, else a private one. */
  readonly mode: 'auto' | 'private';
  /** Absent: 80 and 443, for a private nginx 8080 and 8443 or the next free ones. */
  readonly httpPort: number | undefined;
  readonly httpsPort: number | undefined;
}

/** Where the control plane is now; absent: as joining told. */
export interface Reach {
  readonly controlUrl: string | undefined;
  /** host:port of the agents' listener. */
  readonly agentAddress: string | undefined;
  readonly proxy?: string | undefined;
}

/** How an agent that has not joined does so when it starts. */
export interface FirstJoinConfig {
  readonly controlUrl: string;
  readonly token: string;
  readonly listenerPin: string;
  readonly caPin: string;
  /** Empty: the host name. */
  readonly name: string;
}

export interface AgentConfig {
  readonly folders: Folders;
  readonly nginx: NginxConfig;
  readonly reach: Reach;
  /** Absent: it waits for `ostler-agent join`. */
  readonly firstJoin?: FirstJoinConfig | undefined;
  readonly logLevel: LogLevel;
  /** Name of the point at which a test kills the agent. */
  readonly failpoint: string | undefined;
}
