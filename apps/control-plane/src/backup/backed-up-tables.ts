/**
 * Every table, each with a decision; a test compares this with the schema. In an order in which rows can be
 * put back: what is referenced comes before what references it.
 */
export const backedUpTables = [
  'installation',
  'tenant',
  'tenant_counter',
  'authority',
  'listener_key',
  'epoch_raise',
  'person',
  'membership',
  'api_token',
  'audit_entry',
  'request_ledger',
  'server',
  'revoked_key',
  'join_token',
  'join_use',
  'waiting_server',
  'saved_selector',
  'resource',
  'resource_removal',
  'revision',
  'reference',
  'domain_claim',
  'placement',
  'placement_status',
  'orphaned_resource',
  'manifest',
  'secret',
  'release',
  'release_content',
  'release_piece',
  'resource_release',
  'operation',
  'operation_output',
  'agent_release',
  'agent_rollout',
  'agent_rollout_server',
] as const;

/** Tables that begin empty after a restore, and why. */
export const leftOutTables = {
  schema_migration: 'the restore runs the same migrations',
  sign_in_session: 'one that ended since the backup would be open again: everybody signs in anew',
  sign_in_failure: 'counts minutes',
  browser_sign_in: 'lives minutes',
  manifest_wanted: 'after a restore every manifest is compiled',
  manifest_body: 'compiled again from the specs',
  manifest_use: 'compiled again from the specs',
  manifest_secret: 'compiled again from the specs',
} as const satisfies Record<string, string>;
