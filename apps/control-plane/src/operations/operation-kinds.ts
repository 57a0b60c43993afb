import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  DiagnoseOperationSchema,
  InstallNginxOperationSchema,
  NoopOperationSchema,
  RestartAgentOperationSchema,
  ShowNginxConfigurationOperationSchema,
  TestNginxConfigurationOperationSchema,
  UpdateAgentOperationSchema,
  Operation_RetryClass,
  type OperationSpec,
  type OperationStart,
  OperationStartSchema,
  Permission,
  type SignedAgentRelease,
} from '@ostler/contracts';

interface OperationKind {
  /** For people: what it does to a server. */
  readonly title: string;
  readonly retryClass: Operation_RetryClass;
  /** Beyond the permission of Start. */
  readonly permission?: Permission;
  readonly start: OperationStart['operation'];
}

type Case = Exclude<OperationSpec['operation']['case'], undefined>;

const { SAFE, AT_MOST_ONCE } = Operation_RetryClass;

const kinds: { readonly [K in Case]: () => OperationKind } = {
  noop: () => ({
    title: 'no-op',
    retryClass: SAFE,
    start: { case: 'noop', value: create(NoopOperationSchema) },
  }),
  diagnose: () => ({
    title: 'diagnose',
    retryClass: SAFE,
    start: { case: 'diagnose', value: create(DiagnoseOperationSchema) },
  }),
  installNginx: () => ({
    title: 'install nginx',
    retryClass: AT_MOST_ONCE,
    permission: Permission.OPERATIONS_ADMINISTER,
    start: { case: 'installNginx', value: create(InstallNginxOperationSchema) },
  }),
  testNginxConfiguration: () => ({
    title: 'test nginx configuration',
    retryClass: SAFE,
    start: {
      case: 'testNginxConfiguration',
      value: create(TestNginxConfigurationOperationSchema),
    },
  }),
  showNginxConfiguration: () => ({
    title: 'show nginx configuration',
    retryClass: SAFE,
    start: {
      case: 'showNginxConfiguration',
      value: create(ShowNginxConfigurationOperationSchema),
    },
  }),
  restartAgent: () => ({
    title: 'restart agent',
    retryClass: AT_MOST_ONCE,
    permission: Permission.OPERATIONS_ADMINISTER,
    start: { case: 'restartAgent', value: create(RestartAgentOperationSchema) },
  }),
  updateAgent: () => ({
    title: 'update agent',
    retryClass: AT_MOST_ONCE,
    permission: Permission.OPERATIONS_ADMINISTER,
    start: { case: 'updateAgent', value: create(UpdateAgentOperationSchema) },
  }),
};

/** Undefined for a spec of a newer control plane. */
export function kindOf(spec: OperationSpec): OperationKind | undefined {
  const name = spec.operation.case;
  return name === undefined ? undefined : kinds[name]();
}

/** What an agent is told of an operation beside what it does. */
interface StartOf {
  readonly uid: string;
  readonly deadline: Date;
  /** Of the call that started it. */
  readonly requestId: string;
  readonly traceparent: string;
}

/** What is sent to the agent, with what a spec only names. Undefined when that is not here. */
export function toStart(
  { uid, deadline, requestId, traceparent }: StartOf,
  spec: OperationSpec,
  releaseOf: (version: string) => SignedAgentRelease | undefined,
): OperationStart | undefined {
  const kind = kindOf(spec);
  if (!kind) return undefined;
  if (kind.start.case === 'updateAgent' && spec.operation.case === 'updateAgent') {
    const release = releaseOf(spec.operation.value.version);
    if (!release) return undefined;
    kind.start.value.release = release;
  }
  const safe = kind.retryClass === SAFE;
  return create(OperationStartSchema, {
    uid,
    safe,
    deadline: timestampFromDate(deadline),
    requestId,
    traceparent,
    operation: kind.start,
  });
}
