/**
 * Every point at which a test may kill the control plane, with what has just happened there. The sweep of
 * ring 2 visits each one and fails on one that was not reached.
 */
export const FAILPOINTS = {
  'owner.committed': 'the first owner is durable, the first login was not shown',
  'session.written': 'a sign-in is written, nothing is committed',
  'session.committed': 'a sign-in is durable, its token was not answered',
  'join.spent': 'a join token is spent and the server is written, nothing is committed',
  'join.committed': 'a server has joined, its certificate was not answered',
  'release.piece-written': 'a piece of a file is written, nothing is committed',
  'release.piece-committed': 'a piece of a file is durable, the sender does not know',
  'release.complete-written': 'a release is marked as complete, nothing is committed',
  'release.complete-committed': 'a release is complete, the sender does not know',
  'secret.sealed': 'a secret is sealed and written, the spec that names it is not',
  'apply.written': 'specs, revisions and placements are written, nothing is committed',
  'apply.committed': 'an Apply is durable with its answer and audit entry, the caller does not know',
  'delete.written': 'tombstones are written, nothing is committed',
  'delete.committed': 'a deletion is durable, the caller does not know',
  'removal.written': 'a tombstone was carried out and what it kept is dropped, nothing is committed',
  'removal.committed': 'a removal is durable, the agent does not know',
  'manifest.written': 'a manifest is compiled and written, nothing is committed',
  'manifest.committed': 'a manifest is durable, no agent was told',
  'manifest.read': 'a manifest was read for an agent, its offer was not sent',
  'manifest.taken': 'an agent has the offer and asks for what it lacks',
  'manifest.acknowledged': 'an agent holds a manifest durably, its word is not stored',
  'secret.asked': 'an agent asks for the secrets of a manifest that it holds',
  'status.written': 'what an agent says of its placements is written, nothing is committed',
  'status.committed': 'what an agent says of its placements is durable, the agent does not know',
  'operation.written': 'an operation is written, nothing is committed',
  'operation.committed': 'an operation is durable, neither the agent nor the caller knows',
  'operation.sent': 'an operation was handed to the lane of its agent, the caller does not know',
  'operation-end.written': 'the end of an operation is written, nothing is committed',
  'rollout.written': 'a rollout and its servers are written, nothing is committed',
  'rollout-server.written': 'a server of a rollout is given its operation, nothing is committed',
  'rollout-server.committed': 'a server of a rollout has its operation, the next one has none',
  'operation-end.committed': 'the end of an operation is durable, the agent does not know',
} as const;

export type FailpointName = keyof typeof FAILPOINTS;
