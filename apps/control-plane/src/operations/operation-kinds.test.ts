import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  Operation_RetryClass,
  OperationSpecSchema,
  OperationStartSchema,
  Permission,
  SignedAgentReleaseSchema,
} from '@ostler/contracts';
import { expect, test } from 'vitest';
import { kindOf, toStart } from './operation-kinds';

const release = create(SignedAgentReleaseSchema, {
  release: Uint8Array.of(1),
  signature: new Uint8Array(64),
});

const told = {
  uid: 'uid',
  deadline: new Date(5000),
  requestId: 'the request',
  traceparent: `00-${'4'.repeat(32)}-${'7'.repeat(16)}-01`,
};

const cases = OperationSpecSchema.oneofs[0]!.fields.map((field) => field.localName);

test.each(cases)('%s can be sent to an agent as itself', (name) => {
  const spec = create(OperationSpecSchema, { operation: { case: name as 'noop', value: {} } });
  const start = toStart(told, spec, () => release)!;
  const sent = fromBinary(OperationStartSchema, toBinary(OperationStartSchema, start));
  expect(sent.operation.case).toBe(name);
  expect(sent.deadline?.seconds).toBe(5n);
  expect(sent).toMatchObject({ requestId: told.requestId, traceparent: told.traceparent });
});

test('only what looks may be repeated, and only who administers may change a server', () => {
  const install = kindOf(create(OperationSpecSchema, { operation: { case: 'installNginx', value: {} } }))!;
  expect(install.retryClass).toBe(Operation_RetryClass.AT_MOST_ONCE);
  expect(install.permission).toBe(Permission.OPERATIONS_ADMINISTER);
});

test('an update carries the release that its version names, and is not sent without it', () => {
  const spec = create(OperationSpecSchema, { operation: { case: 'updateAgent', value: { version: '1.2' } } });
  const start = toStart(told, spec, (version) => (version === '1.2' ? release : undefined))!;
  expect(start.operation.value).toMatchObject({ release });
  expect(start.safe).toBe(false);
  expect(toStart(told, spec, () => undefined)).toBeUndefined();
});
