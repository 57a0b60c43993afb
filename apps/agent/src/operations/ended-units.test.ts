import { create } from '@bufbuild/protobuf';
import {
  OperationReport_State as State,
  OperationReportSchema,
  OperationStartSchema,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { FakeClock } from '@ostler/test-kit';
import { expect, test } from 'vitest';
import { FakeUnits } from '../host/exec/fake';
import { openMemoryStore } from '../store';
import { createJsonLog } from '../telemetry';
import { releaseEndedUnits } from './ended-units';
import { unitName } from './running-operation';

test('units of ended operations go, also those that still run; any other stays as it is', async () => {
  const store = openMemoryStore();
  const units = new FakeUnits();
  const written: string[] = [];
  const log = createJsonLog({
    clock: new FakeClock(),
    level: 'info',
    write: (line) => void written.push(line),
  });
  const unit = async (state: State | undefined, goesOn: boolean): Promise<string> => {
    const uid = newUid();
    const name = unitName(uid, 'install');
    if (state !== undefined) {
      const start = create(OperationStartSchema, { uid, operation: { case: 'installNginx', value: {} } });
      store.journal.accept(start, create(OperationReportSchema, { uid, state }));
    }
    await units.start(name, { binary: '/bin/true', args: [], timeoutMs: 1 }, { outputPath: '/o' });
    if (!goesOn) units.end(name, 0);
    return name;
  };
  const stay = [
    await unit(State.RUNNING, true),
    await unit(State.RUNNING, false),
    await unit(State.ACCEPTED, false),
    await unit(undefined, true),
  ];
  for (const state of [State.SUCCEEDED, State.INTERRUPTED, State.CANCELLED, undefined])
    await unit(state, false);
  await unit(State.EXPIRED, true);
  await releaseEndedUnits({ units, journal: store.journal, log });
  expect((await units.list()).sort()).toEqual(stay.sort());
  expect(written.filter((line) => line.includes('not known'))).toEqual([expect.stringContaining(stay[3]!)]);
});
