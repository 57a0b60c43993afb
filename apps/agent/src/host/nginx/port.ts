import type { Command, Finished } from '../exec/port';

/** The running master and its workers, as the kernel sees them. */
export interface NginxProcesses {
  readonly masterPid: number;
  /** Workers that accept connections; the ones that are shutting down are not counted. */
  readonly workerPids: readonly number[];
}

/** One address and port on which a foreign server block listens. */
export interface ForeignListen {
  /** `*` for all of IPv4, `[::]` for all of IPv6, else the address as written; `unix:` sockets are left out. */
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  readonly isDefault: boolean;
}

/** A server block of configuration that is not ours. */
export interface ForeignServer {
  readonly file: string;
  /** Line on which the block begins. */
  readonly line: number;
  /** As written: exact names, wildcards, `~` patterns. */
  readonly names: readonly string[];
  readonly listens: readonly ForeignListen[];
}

/** What the server's own nginx configuration holds beside ours. It is read, never changed. */
export interface ForeignConfiguration {
  readonly servers: readonly ForeignServer[];
  /** Names of the directives that stand directly in its `http` block: ours must not repeat them. */
  readonly httpDirectives: readonly string[];
  /** The same for the main level. */
  readonly mainDirectives: readonly string[];
}

/** The user that worker processes run as; files that they read at request time must be readable by it. */
export interface WorkerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The nginx of this server: the system's own under systemd, or a private one of the agent's. The binary, its
 * processes and what it listens on; what to serve is the target's business.
 */
export interface NginxRuntime {
  readonly mode: 'system' | 'private';
  /** Like `1.22.1`. */
  readonly version: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Whether the kernel has IPv6. */
  readonly ipv6: boolean;
  /** Undefined when workers run as the agent's own user. */
  readonly workerUser: WorkerUser | undefined;
  /** The one file of ours inside the configuration that nginx reads; see `test`. */
  readonly hookPath: string;
  readonly errorLogPath: string;

  /** For operations: tests, or shows, what is live. Changes nothing. */
  testCommand(): Command;
  showCommand(): Command;

  /** Tests the configuration as it would be with this text in place of the hook file's; changes nothing live. */
  test(hookText: string): Promise<Finished>;
  /** Undefined while nginx does not run. */
  processes(): Promise<NginxProcesses | undefined>;
  /** Starts nginx when it does not run; throws AppError with nginx's own message. */
  ensureRunning(): Promise<void>;
  /** Writes what its later starts need, whoever starts it. Not urgent: it takes seconds the first time. */
  keepSettings(): Promise<void>;
  /** Tells the master to load what is live. Whether it did is to be observed. */
  reload(): Promise<void>;
  /** Tells nginx to open its log files anew, after they were renamed. */
  reopenLogs(): Promise<void>;
  readForeign(): Promise<ForeignConfiguration>;
  /** Bytes of the error log after this offset, at most 256 KiB; `size` is where the next call begins. */
  errorsAfter(offset: number): Promise<{ readonly text: string; readonly size: number }>;
  /** Ends a private nginx and all its workers; leaves the system's alone. */
  stop(): Promise<void>;
}

/** Why this server cannot serve sites, and the way out. */
export interface NginxMissing {
  readonly reason: 'NGINX_MISSING' | 'NGINX_UNUSABLE';
  readonly message: string;
}

export type FoundNginx =
  | { readonly found: true; readonly runtime: NginxRuntime }
  | ({ readonly found: false } & NginxMissing);
