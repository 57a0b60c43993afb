import { randomUUID } from 'node:crypto';

import type { Client } from 'pg';

const [tenant, person, server, token, resource, operation, rollout, secret] = Array.from({ length: 8 }, () =>
  randomUUID(),
);
const bytes = `decode('00ff0a5c09', 'hex')`;
const awkward = `E'tab\\t line\\n back\\\\slash \\\\. "quote" ünï'`;

/** At least one row in every table of a control plane, with what COPY's text has to escape. */
export async function fillEveryTable(client: Client): Promise<void> {
  await client.query('begin');
  await client.query('set local role ostler_system');
  for (const sql of rows) await client.query(sql);
  await client.query('commit');
}

const rows = [
  `insert into installation (uid) values ('${randomUUID()}')`,
  `insert into tenant (uid, name) values ('${tenant}', ${awkward})`,
  `insert into tenant (uid, parent_uid, name) values (gen_random_uuid(), '${tenant}', 'nested')`,
  `insert into tenant_counter values ('${tenant}', 42)`,
  `insert into authority (uid, role, certificate, sealed_key) values (gen_random_uuid(), 'root', ${bytes}, ${bytes})`,
  `insert into listener_key (uid, purpose, sealed_key) values (gen_random_uuid(), 'public', ${bytes})`,
  `insert into epoch_raise (epoch) values (1)`,
  `insert into person (uid, email, password_hash) values ('${person}', 'a@example.com', ${awkward})`,
  `insert into membership values ('${tenant}', '${person}', 4)`,
  `insert into api_token (uid, tenant_uid, person_uid, name, token_hash, role, scopes, expires_at)
   values (gen_random_uuid(), '${tenant}', '${person}', 'n', ${bytes}, 1, '{1,2}', now())`,
  `insert into audit_entry (uid, tenant_uid, actor, method, outcome, message) values (gen_random_uuid(), '${tenant}', 'a', 'm', 1, ${awkward})`,
  `insert into request_ledger (tenant_uid, request_id, actor_uid, method, body_hmac, response)
   values ('${tenant}', gen_random_uuid(), '${person}', 'm', ${bytes}, ${bytes})`,
  `insert into server (uid, tenant_uid, name, labels, report, key_sha256) values ('${server}', '${tenant}', 'web-1', '{"a": "b\\"c"}', ${bytes}, ${bytes})`,
  `insert into revoked_key (key_sha256, server_uid, reason) values (${bytes}, '${server}', 'r')`,
  `insert into join_token (uid, tenant_uid, token_hash, expires_at, maximum_uses, replaces_server_uid)
   values ('${token}', '${tenant}', ${bytes}, now() + interval '1 hour', 1, '${server}')`,
  `insert into join_use (token_uid, key_sha256, server_uid, tenant_uid) values ('${token}', ${bytes}, '${server}', '${tenant}')`,
  `insert into waiting_server (uid, tenant_uid, token_uid, key_sha256, name) values (gen_random_uuid(), '${tenant}', '${token}', ${bytes}, 'w')`,
  `insert into saved_selector (uid, tenant_uid, name, labels) values (gen_random_uuid(), '${tenant}', 's', '{}')`,
  `insert into resource (uid, tenant_uid, kind, name, generation, resource_version, spec, spec_schema, spec_sha256)
   values ('${resource}', '${tenant}', 1, 'site', 3, 7, ${bytes}, 1, ${bytes})`,
  `insert into resource_removal (tenant_uid, resource_version, resource_uid, kind, name) values ('${tenant}', 5, gen_random_uuid(), 1, 'gone')`,
  `insert into revision (resource_uid, generation, tenant_uid, kind, name, display_name, labels, spec, spec_schema, actor, summary)
   values ('${resource}', 3, '${tenant}', 1, 'site', '', '{}', ${bytes}, 1, 'a', ${awkward})`,
  `insert into reference values ('${resource}', '${resource}', '${tenant}')`,
  `insert into domain_claim values ('a.example.com', '${tenant}', '${resource}')`,
  `insert into placement (resource_uid, server_uid, tenant_uid, server_tenant_uid, generation) values ('${resource}', '${server}', '${tenant}', '${tenant}', 3)`,
  `insert into placement_status (resource_uid, server_uid, tenant_uid, observed_generation, observed_epoch, ready, report, reported_at, raised)
   values ('${resource}', '${server}', '${tenant}', 3, 1, 1, ${bytes}, now(), '{"Drifted"}')`,
  `insert into orphaned_resource (server_uid, uid, tenant_uid, kind, name, generation) values ('${server}', gen_random_uuid(), '${tenant}', 1, 'o', 1)`,
  `insert into manifest (server_uid, epoch, revision, index, index_sha256) values ('${server}', 1, 9, ${bytes}, ${bytes})`,
  `insert into secret (uid, version, tenant_uid, resource_uid, sealed, hmac) values ('${secret}', 1, '${tenant}', '${resource}', ${bytes}, ${bytes})`,
  `insert into release (tenant_uid, digest, index, files, bytes) values ('${tenant}', 'sha256:00', ${bytes}, 1, 5)`,
  `insert into release_content (tenant_uid, sha256, size) values ('${tenant}', ${bytes}, 5)`,
  `insert into release_piece values ('${tenant}', ${bytes}, 0, ${bytes})`,
  `insert into resource_release values ('${resource}', '${tenant}', 'sha256:00')`,
  `insert into operation (uid, tenant_uid, server_uid, spec, state, retry_class, actor, deadline) values ('${operation}', '${tenant}', '${server}', ${bytes}, 2, 1, 'a', now())`,
  `insert into operation_output values ('${operation}', 0, '${tenant}', ${bytes}, 0)`,
  `insert into agent_release (version, sequence, release, signature) values ('1', 1, ${bytes}, ${bytes})`,
  `insert into agent_rollout (uid, tenant_uid, version, stages) values ('${rollout}', '${tenant}', '1', '{1,100}')`,
  `insert into agent_rollout_server (rollout_uid, server_uid, tenant_uid, stage) values ('${rollout}', '${server}', '${tenant}', 0)`,
];
