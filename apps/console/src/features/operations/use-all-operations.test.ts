import { create } from '@bufbuild/protobuf';
import { Operation_State as State, OperationSchema } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { newestFirst } from './use-all-operations';

const operation = (uid: string, state: State) => create(OperationSchema, { uid, state });

test('each operation is there once, newest first, as the stream tells it', () => {
  const read = [operation('2', State.RUNNING), operation('1', State.FAILED)];
  const live = [operation('3', State.PENDING), operation('2', State.SUCCEEDED)];
  expect(newestFirst(read, live).map(({ uid, state }) => [uid, state])).toEqual([
    ['3', State.PENDING],
    ['2', State.SUCCEEDED],
    ['1', State.FAILED],
  ]);
});
