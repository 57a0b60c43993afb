import { newUid } from '@ostler/kernel';
import { Client } from 'pg';

/**
 * Refuses to start on a database whose roles or tables would let one tenant see another's rows: a role that
 * bypasses row-level security, a table without it, a policy that lets an unscoped read through.
 */
export async function proveRowSecurity(url: string): Promise<void> {
  const owner = new Client({ connectionString: url, connectionTimeoutMillis: 30_000 });
  owner.on('error', () => undefined);
  await owner.connect();
  try {
    await owner.query('begin');
    await proveRowSecurityWithin(owner);
  } finally {
    await owner.end();
  }
}

/** Within a transaction of the owner that the caller rolls back. */
export async function proveRowSecurityWithin(owner: Client): Promise<void> {
  await proveRoles(owner);
  await proveTables(owner);
  await proveReads(owner);
}

async function proveRoles(owner: Client): Promise<void> {
  const { rows } = await owner.query<{ rolname: string; unsafe: boolean }>(`
    select rolname, rolsuper or rolbypassrls
        or exists (select from pg_tables t where t.schemaname = 'public' and t.tableowner = rolname) as unsafe
    from pg_roles where rolname in ('ostler_app', 'ostler_system')`);
  if (rows.length !== 2) throw new Error('the roles ostler_app and ostler_system are not there');
  for (const { rolname, unsafe } of rows) {
    if (unsafe)
      throw new Error(`the role ${rolname} bypasses row-level security or owns tables; take that from it`);
  }
}

async function proveTables(owner: Client): Promise<void> {
  const { rows } = await owner.query<{ name: string }>(`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname <> 'schema_migration'
      and not (c.relrowsecurity and c.relforcerowsecurity) order by 1`);
  if (rows.length > 0) {
    throw new Error(`tables without forced row-level security: ${rows.map((row) => row.name).join(', ')}`);
  }
}

/** Looks with a row that is there: an empty table proves nothing. */
async function proveReads(owner: Client): Promise<void> {
  const uid = newUid<'Tenant'>();
  await owner.query(`set local role ostler_system`);
  await owner.query(`insert into tenant (uid, name) values ($1, $2)`, [uid, uid]);
  await owner.query(`insert into tenant_counter (tenant_uid) values ($1)`, [uid]);
  await owner.query(
    `insert into audit_entry (uid, tenant_uid, actor, method, outcome) values ($1, $1, '', '', 1)`,
    [uid],
  );
  await owner.query(`set local role ostler_app`);
  // In one statement: a start after a kill shares the processors with everybody who wants to come back.
  const looks = (await readable(owner)).map(
    (table) => `select ${owner.escapeLiteral(table)} as name where exists (select from ${table})`,
  );
  const { rows: seen } = await owner.query<{ name: string }>(looks.join(' union all '));
  if (seen[0]) throw new Error(`row-level security lets a read without a tenant see rows of ${seen[0].name}`);
  await owner.query(`select set_config('ostler.tenants', $1, true)`, [`{${uid}}`]);
  const { rows } = await owner.query(`select from tenant_counter`);
  if (rows.length !== 1) throw new Error('row-level security shows a tenant other rows than its own');
}

async function readable(owner: Client): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(`
    select quote_ident(c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and has_table_privilege('ostler_app', c.oid, 'select')
    order by 1`);
  return rows.map((row) => row.name);
}
