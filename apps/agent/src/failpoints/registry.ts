/**
 * Every point at which a test may kill the agent, with what has just happened there. The sweep of ring 2
 * visits each one and fails on one that was not reached.
 */
export const FAILPOINTS = {
  'ledger.body-stored': 'a body was taken, its manifest was not',
  'ledger.before-commit': 'a manifest was checked, nothing of it is stored',
  'ledger.stored': 'a manifest is durable, nothing of it is reconciled',
  'secrets.stored': 'secrets are durable, their resources were not woken',
  'reconcile.before-driver': 'a resource was taken from the queue, its driver has not begun',
  'reconcile.after-driver': 'the driver has applied, its outcome is not stored',
  'reconcile.output-stored': 'an output is durable, the dependants were not woken',
  'reconcile.before-remove': 'a tombstone was taken from the queue, nothing is removed',
  'reconcile.after-remove': 'the driver has removed, the tombstone is not marked as done',
  'status.stored': 'a status is durable, nobody was told',
  'operation.accepted': 'an operation is journalled, it has not begun',
  'operation.running': 'the beginning of the effect is journalled, the effect has not begun',
  'operation.effect': 'the effect is done, its end is not journalled',
  'operation.ended': 'the end is journalled, nobody was told',
  'spool.appended': 'a piece of output is in the spool, the cursor has not moved',
  'release.file-stored': 'one file of a release is complete, the release is not',
  'release.before-rename': 'a release is complete under its temporary name',
  'nginx.staged': 'a generation is complete on disk, it was not tested',
  'nginx.tested': 'a generation was tested, nothing names it',
  'nginx.journalled': 'the journal names the old and the new generation, the hook names the old one',
  'nginx.swapped': 'the hook names the new generation, nginx was not told',
  'nginx.reloaded': 'nginx was told to reload, nobody looked whether it did',
  'nginx.watched': 'the new generation serves, the journal does not say so',
  'nginx.committed': 'the journal names the new generation, nobody who waited was told',
  'nginx.rolled-back': 'the old generation is back, the journal still names both',
  'certificate.key-made': 'a key and its request were made, the authority was not asked',
  'certificate.order-noted': 'an order is counted, the authority was not asked',
  'certificate.challenge-served': 'a challenge is served here, nobody was told',
  'certificate.issued': 'the authority has issued, nothing of it is stored',
  'certificate.staged': 'a certificate lies complete in its folder, nothing names it',
  'certificate.linked': 'the link names the new certificate, older ones were not removed',
  'certificate.stored': 'the certificate is the current one, its order still counts as open',
  'certificate.counted': 'the certificate is stored and counted, nobody was told',
} as const;

export type FailpointName = keyof typeof FAILPOINTS;
