import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  Operation_RetryClass,
  OperationSpecSchema,
  OperationStartSchema,
  Permission,
} from '@ostler/contracts';
import { expect, test } from 'vitest';
import { kindOf, toStart } from './operation-kinds';

const cases = OperationSpecSchema.oneofs[0]!.fields.map((field) => field.localName);

test.each(cases)('%s can be sent to an agent as itself', (name) => {
  const spec = create(OperationSpecSchema, { operation: { case: name as 'noop', value: {} } });
  const start = toStart('uid', spec, new Date(5000))!;
  const sent = fromBinary(OperationStartSchema, toBinary(OperationStartSchema, start));
  expect(sent.operation.case).toBe(name);
  expect(sent.deadline?.seconds).toBe(5n);
});

test('only what looks may be repeated, and only who administers may change a server', () => {
  const install = kindOf(create(OperationSpecSchema, { operation: { case: 'installNginx', value: {} } }))!;
  expect(install.retryClass).toBe(Operation_RetryClass.AT_MOST_ONCE);
  expect(install.permission).toBe(Permission.OPERATIONS_ADMINISTER);
});
