import { create } from '@bufbuild/protobuf';
import { timestampFromMs, timestampNow } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import {
  ErrorReason,
  type Operation,
  Operation_RetryClass as RetryClass,
  Operation_State as State,
  OperationSchema,
  type OperationService,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { isEnded } from '../operations';
import { outputOf } from '../outputs';
import { refusal } from '../refuse';
import { personOf } from '../sessions';
import type { World } from '../world';

function operationByUid(world: World, uid: string): Operation {
  const operation = world.operations.get(uid);
  if (!operation) throw refusal(ErrorReason.NOT_FOUND, 'This operation does not exist.');
  return operation;
}

export function operationService(world: World): ServiceImpl<typeof OperationService> {
  return {
    start({ server, spec, deadlineSeconds }, context) {
      const on = world.serverByName(server);
      if (!on) throw refusal(ErrorReason.NOT_FOUND, `There is no server "${server}".`);
      const operation = create(OperationSchema, {
        uid: newUid(),
        serverUid: on.uid,
        serverName: on.name,
        spec,
        state: State.PENDING,
        retryClass: RetryClass.SAFE,
        createdAt: timestampNow(),
        deadline: timestampFromMs(Date.now() + (deadlineSeconds || 600) * 1000),
        actor: personOf(context).email,
      });
      world.putOperation(operation);
      world.later(1, () => run(world, operation.uid));
      return { operation };
    },
    get: ({ uid }) => ({ operation: operationByUid(world, uid) }),
    list({ server, running }) {
      const operations = [...world.operations.values()]
        .filter((one) => (server === '' || one.serverName === server) && !(running && isEnded(one)))
        .toReversed();
      return { operations };
    },
    cancel({ uid }) {
      const operation = operationByUid(world, uid);
      if (!isEnded(operation)) end(world, { ...operation, cancelRequested: true }, State.CANCELLED);
      return { operation: operationByUid(world, uid) };
    },
    wait: ({ uid }) => ({ operation: operationByUid(world, uid) }),
    readOutput: ({ uid, offset, follow }, { signal }) =>
      readOutput(world, uid, Number(offset), follow, signal),
  };
}

async function* readOutput(world: World, uid: string, from: number, follow: boolean, signal: AbortSignal) {
  let offset = from;
  while (!signal.aborted) {
    const ended = isEnded(operationByUid(world, uid));
    const data = (world.output.get(uid) ?? new Uint8Array()).subarray(offset);
    if (data.length > 0) yield { offset: BigInt(offset), data };
    offset += data.length;
    if (ended || !follow) return;
    await new Promise((resolve) => setTimeout(resolve, world.options.stepMs / 2));
  }
}

function run(world: World, uid: string): void {
  const operation = operationByUid(world, uid);
  if (isEnded(operation)) return;
  const lines = outputOf(operation);
  const started = { ...operation, state: State.RUNNING, startedAt: timestampNow() };
  world.putOperation(started);
  lines.forEach((line, index) =>
    world.later(index + 1, () => {
      const present = operationByUid(world, uid);
      if (isEnded(present)) return;
      append(world, uid, `${line}\n`);
      world.putOperation({
        ...present,
        outputBytes: BigInt(world.output.get(uid)?.length ?? 0),
        progressPercent: Math.round(((index + 1) / lines.length) * 100),
        progressMessage: line.slice(0, 60),
      });
    }),
  );
  world.later(lines.length + 1, () => {
    const present = operationByUid(world, uid);
    if (!isEnded(present)) end(world, { ...present, exitCode: 0 }, State.SUCCEEDED);
  });
}

function end(world: World, operation: Operation, state: State): void {
  const reason = state === State.CANCELLED ? 'CANCELLED' : '';
  world.putOperation({ ...operation, state, reason, endedAt: timestampNow(), progressPercent: 100 });
}

function append(world: World, uid: string, text: string): void {
  const before = world.output.get(uid) ?? new Uint8Array();
  const more = new TextEncoder().encode(text);
  const all = new Uint8Array(before.length + more.length);
  all.set(before);
  all.set(more, before.length);
  world.output.set(uid, all);
}
