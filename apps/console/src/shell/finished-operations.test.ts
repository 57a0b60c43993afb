import { create } from '@bufbuild/protobuf';
import { Operation_State, OperationSchema } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { hasEnded } from '../lib/health';
import { FinishedOperations } from './finished-operations';

const operation = (uid: string, state: Operation_State) => create(OperationSchema, { uid, state });
const uids = (operations: readonly { uid: string }[]): string[] => operations.map(({ uid }) => uid);

test('only what ended while it was watched is news, and once', () => {
  const finished = new FinishedOperations(hasEnded);
  const old = operation('old', Operation_State.SUCCEEDED);
  expect(finished.take([old, operation('mine', Operation_State.RUNNING)])).toEqual([]);
  const ended = [old, operation('mine', Operation_State.FAILED)];
  expect(uids(finished.take(ended))).toEqual(['mine']);
  expect(finished.take(ended)).toEqual([]);
});
