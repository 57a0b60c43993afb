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
    return new Database(await openPool(options, life).initialize(), life, directUrl);
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
    url: options.url,
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
      statement_timeout: options.statementTimeoutMs ?? 30_000,
      lock_timeout: 10_000,
      idle_in_transaction_session_timeout: 60_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
    },
  });
}

/**
 * Between its use by the pool and by TypeORM nobody listens to a client, and a connection that ends in that
 * moment (a restart of PostgreSQL under load) would end the process. Its queries fail all the same.
 */
class HeardClient extends Client {
  constructor(...parameters: ConstructorParameters<typeof Client>) {
    super(...parameters);
    this.on('error', () => undefined);
  }
}

/** bigint as bigint: counters of the contract are 64 bits wide. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === int8 && format !== 'binary') return BigInt;
  return types.getTypeParser(oid, format) as (value: string) => unknown;
}
