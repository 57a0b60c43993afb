/** Where lines about the database's life go; most loggers fit as they are. */
export interface SupervisorLog {
  info(message: string): void;
  warn(message: string): void;
}

export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface EmbeddedPostgresOptions {
  /** The control plane's data folder; the database takes `postgresql/` and a few files beside it. */
  readonly dataFolder: string;
  readonly log: SupervisorLog;
  /** Extra server settings, `{ shared_buffers: '256MB' }`; they win over the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** The superuser and the database `ostler`; the port stays the same while this process lives. */
  readonly connection: PostgresConnection;
  /** True when a server that a killed process had left behind was taken over. */
  readonly adopted: boolean;
  /** The process id of the postmaster that serves now. */
  postmasterPid(): number;
  /** Stops the server in order (sessions are ended, everything is on disk). Pools are to be closed before. */
  stop(): Promise<void>;
}
