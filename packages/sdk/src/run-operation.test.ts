import { Code, ConnectError, createRouterTransport } from '@connectrpc/connect';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Operation_State as State, OperationService, type StartOperationRequest } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { createOstler } from './client';
import { runOperation } from './run-operation';

const wish = { server: 'web-1', spec: { operation: { case: 'noop' as const, value: {} } } };
const running = { operation: { uid: 'u', state: State.RUNNING } };
const ended = { operation: { uid: 'u', state: State.FAILED, endedAt: timestampFromMs(1000) } };

function ostlerThat(answers: { start: (request: StartOperationRequest) => object; wait?: () => object }) {
  const { start, wait = () => ended } = answers;
  return createOstler({
    transport: createRouterTransport(({ service }) => service(OperationService, { start, wait })),
  });
}

test('an operation that ends soon takes one call', async () => {
  const asked: number[] = [];
  const ostler = ostlerThat({ start: ({ waitSeconds }) => (asked.push(waitSeconds), ended) });
  expect((await runOperation(ostler, wish)).state).toBe(State.FAILED);
  expect(asked).toEqual([30]);
});

test('an operation that takes longer is waited for to its end', async () => {
  let waits = 0;
  const ostler = ostlerThat({ start: () => running, wait: () => (++waits < 3 ? running : ended) });
  expect((await runOperation(ostler, wish)).state).toBe(State.FAILED);
  expect(waits).toBe(3);
});

test('a start whose answer was lost is asked for again with the same request id', async () => {
  const ids: string[] = [];
  const ostler = ostlerThat({
    start: ({ requestId }) => {
      if (ids.push(requestId) === 1) throw new ConnectError('restarting', Code.Unavailable);
      return ended;
    },
  });
  await runOperation(ostler, wish);
  expect(new Set(ids).size).toBe(1);
  expect(ids).toHaveLength(2);
});

test('what waiting cannot heal is thrown', async () => {
  const ostler = ostlerThat({
    start: () => {
      throw new ConnectError('no such server', Code.NotFound);
    },
  });
  await expect(runOperation(ostler, wish)).rejects.toThrow('no such server');
});
