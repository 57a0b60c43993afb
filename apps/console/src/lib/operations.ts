import type { OperationSpec } from '@ostler/contracts';
import { Permission } from '@ostler/contracts';

export type OperationCase = NonNullable<OperationSpec['operation']['case']>;

export interface OperationKind {
  readonly kind: OperationCase;
  readonly title: string;
  readonly text: string;
  readonly permission: Permission;
}

/** Every operation that can be run on a server, in words. */
export const operationKinds: readonly OperationKind[] = [
  {
    kind: 'diagnose',
    title: 'Diagnose',
    text: 'Gathers versions, units, listeners, disk and the last lines of nginx’s error log.',
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
    kind: 'installNginx',
    title: 'Install nginx',
    text: 'Installs nginx through the server’s package manager.',
    permission: Permission.OPERATIONS_ADMINISTER,
  },
];

export function operationTitle(spec: OperationSpec | undefined): string {
  return operationKinds.find(({ kind }) => kind === spec?.operation.case)?.title ?? 'Operation';
}
