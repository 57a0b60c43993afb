import type { OperationSpec } from '@ostler/contracts';
import { Permission } from '@ostler/contracts';

/** `updateAgent` is left out: it is run by a rollout, which names the release. */
export type OperationCase = Exclude<OperationSpec['operation']['case'], 'updateAgent' | undefined>;

export interface OperationKind {
  readonly kind: OperationCase;
  readonly title: string;
  readonly text: string;
  readonly permission: Permission;
  /** The capability without which a server cannot do it. */
  readonly needs?: string;
}

/** Every operation that can be run on a server, in words. */
export const operationKinds: readonly OperationKind[] = [
  {
    kind: 'diagnose',
    title: 'Diagnose',
    text: 'Gathers what explains most troubles, secrets masked, as one text to download.',
    permission: Permission.OPERATIONS_RUN,
  },
  {
    kind: 'testNginxConfiguration',
    title: 'Test nginx',
    text: 'Runs nginx -t on what is live.',
    permission: Permission.OPERATIONS_RUN,
  },
  {
    kind: 'showNginxConfiguration',
    title: 'Show nginx',
    text: 'The whole configuration as nginx reads it, secrets masked.',
    permission: Permission.OPERATIONS_RUN,
  },
  {
    kind: 'noop',
    title: 'No-op',
    text: 'Goes to the agent and back; measures the way.',
    permission: Permission.OPERATIONS_RUN,
  },
  {
    kind: 'restartAgent',
    title: 'Restart agent',
    text: 'Ends the agent and starts it again; what runs on the server goes on.',
    needs: 'self-update',
    permission: Permission.OPERATIONS_ADMINISTER,
  },
  {
    kind: 'installNginx',
    title: 'Install nginx',
    text: 'Installs nginx through the server’s package manager.',
    needs: 'apt',
    permission: Permission.OPERATIONS_ADMINISTER,
  },
];

export function operationTitle(spec: OperationSpec | undefined): string {
  if (spec?.operation.case === 'updateAgent') return `Update agent to ${spec.operation.value.version}`;
  return operationKinds.find(({ kind }) => kind === spec?.operation.case)?.title ?? 'Operation';
}
