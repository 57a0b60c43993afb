import 'reflect-metadata';
import { Client, type Pool, types } from 'pg';
import { DataSource, getMetadataArgsStorage } from 'typeorm';

import { migrate } from './migrate';
import { proveRowSecurity } from './row-security-proof';

const int8 = 20;

export interface DatabaseOptions {
  /** A libpq URL of the role that owns the schema. */
  readonly url: string;
  /** The same database past any pooler, for LISTEN and advisory locks; the url itself when absent. */
  readonly directUrl?: string;
  readonly poolSize?: number;
  /** Of one statement. */
  readonly statementTimeoutMs?: number;
  readonly log: { warn(message: string): void };
}

/** The pool of connections. Rooms reach it through UnitOfWork only. */
export class Database {
  private constructor(
    readonly dataSource: DataSource,
    private readonly life: Life,
    readonly directUrl: string,
    /** Connections may keep the plans of statements: no pooler hands them to others in between. */
    readonly keepsPlans: boolean,
  ) {}

  /**
   * Runs the migrations as the owner, proves that row-level security holds, opens the pool.
   *
   * @throws when the database cannot be reached or a role could see rows that are not its tenant's.
   */
  static async open(options: DatabaseOptions): Promise<Database> {
    const directUrl = options.directUrl ?? options.url;
    await migrate(directUrl);
    await proveRowSecurity(directUrl);
    const life: Life = { isClosing: false };
    const dataSource = await openPool(options, life).initialize();
    return new Database(dataSource, life, directUrl, directUrl === options.url);
  }

  /** How many connections there are, and how many units of work wait for one. */
  get pool(): { readonly connections: number; readonly waiting: number } {
    const { totalCount, waitingCount } = (this.dataSource.driver as unknown as { master: Pool }).master;
    return { connections: totalCount, waiting: waitingCount };
  }

  async close(): Promise<void> {
    this.life.isClosing = true;
    await this.dataSource.destroy();
  }
}

/** The pool's end returns before its connections have ended; the database may end them first. */
interface Life {
  isClosing: boolean;
}

function openPool(options: DatabaseOptions, life: Life): DataSource {
  return new DataSource({
    type: 'postgres',
    url: withHarmlessRole(options.url),
    synchronize: false,
    installExtensions: false,
    applicationName: 'ostler',
    poolSize: options.poolSize ?? 16,
    connectTimeoutMS: 5_000,
    entities: getMetadataArgsStorage().tables.map((table) => table.target),
    poolErrorHandler: (error: unknown) => {
      if (!life.isClosing) options.log.warn(`lost an idle database connection: ${String(error)}`);
    },
    extra: {
      Client: HeardClient,
      types: { getTypeParser },
      // Statements are sent without waiting for the answers of those before them.
      pipeline: true,
      statement_timeout: options.statementTimeoutMs ?? 30_000,
      lock_timeout: 10_000,
      idle_in_transaction_session_timeout: 60_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
    },
  });
}

/** Between two transactions a connection sees and writes nothing: it has the app's role, of no tenant. */
function withHarmlessRole(text: string): string {
  const url = new URL(text);
  const asked = url.searchParams.get('options') ?? '';
  url.searchParams.set('options', `${asked} -c role=ostler_app`.trim());
  return url.href;
}

/**
 * Between its use by the pool and by TypeORM nobody listens to a client, and a connection that ends in that
 * moment (a restart of PostgreSQL under load) would end the process. Its queries fail all the same.
 *
 * What is asked within one turn of the event loop is sent in one write: each is a system call that wakes the
 * database's process, and they made up most of what a small transaction cost.
 */
class HeardClient extends Client {
  private isHolding = false;

  constructor(...parameters: ConstructorParameters<typeof Client>) {
    super(...parameters);
    this.on('error', () => undefined);
    const query = this.query.bind(this) as (...parameters: unknown[]) => unknown;
    this.query = ((...asked: unknown[]) => {
      this.holdForThisTurn();
      return query(...asked);
    }) as Client['query'];
  }

  private holdForThisTurn(): void {
    if (this.isHolding) return;
    this.isHolding = true;
    const { stream } = this.connection;
    stream.cork();
    process.nextTick(() => {
      this.isHolding = false;
      stream.uncork();
    });
  }
}

/** bigint as bigint: counters of the contract are 64 bits wide. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === int8 && format !== 'binary') return BigInt;
  return types.getTypeParser(oid, format) as (value: string) => unknown;
}
