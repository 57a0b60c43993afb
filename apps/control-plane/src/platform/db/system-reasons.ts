/**
 * The loops and doors that may act across tenants, and why. Everything else runs as a tenant. A loop may be
 * run again after a serialization failure or a deadlock; a door tells its caller instead.
 */
export const systemReasons = {
  'first-run': { loop: false, why: 'makes the first tenant and its owner before anybody can sign in' },
  restore: { loop: false, why: 'an epoch is of the whole installation' },
  'reset-login': { loop: false, why: 'gives the owner a new first password from the command line' },
  'sign-in': { loop: false, why: 'finds a person by e-mail before a tenant is known' },
  authenticate: { loop: false, why: 'finds the session or token that a call was made with' },
  people: { loop: false, why: 'people are global; a tenant may only read them' },
  'audit-unknown': { loop: false, why: 'records what happened before a tenant was known' },
  housekeeping: { loop: true, why: 'removes what has expired' },
  'live-fan-out': { loop: true, why: 'reads each change once for all watchers' },
  'domain-claims': { loop: false, why: 'a domain has one owner across all tenants' },
  'order-of-changes': { loop: false, why: 'a tenant and all tenants nested in it share one counter' },
  admission: { loop: false, why: 'seals and bookkeeps what an app role may not read back' },
  'manifest-compile': { loop: true, why: 'a server carries resources of several tenants' },
  'resource-loop': { loop: true, why: 'finishes what admissions began, for every tenant' },
  'status-intake': { loop: true, why: 'an agent reports placements of several tenants' },
  join: { loop: false, why: 'a join token names its tenant, not the other way round' },
  'agent-lane': { loop: true, why: 'an agent speaks for its server, whoever owns what runs there' },
  'server-state': { loop: true, why: 'the state of every server is computed in one place' },
  operations: { loop: true, why: 'deadlines and deliveries of every tenant' },
  authority: { loop: false, why: 'certificates are issued for every tenant by one authority' },
  releases: { loop: true, why: 'content is handed to the agents of every tenant' },
  'agent-updates': {
    loop: true,
    why: 'releases of the agent belong to no tenant, and rollouts go on in one place',
  },
} as const satisfies Record<string, { readonly loop: boolean; readonly why: string }>;

export type SystemReason = keyof typeof systemReasons;
