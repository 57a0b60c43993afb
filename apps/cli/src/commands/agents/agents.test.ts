import { create } from '@bufbuild/protobuf';
import type { ConnectRouter, ServiceImpl } from '@connectrpc/connect';
import {
  AgentUpdateService,
  ControlRolloutRequest_Action as Action,
  FleetService,
  Rollout_State as State,
  RolloutSchema,
  RolloutServer_State as ServerState,
  type StartRolloutRequest,
} from '@ostler/contracts';
import { expect, test } from 'vitest';
import { ExitCode } from '../../output/exit-code';
import { runCommand } from '../../testing/run-command.fixture';

type Updates = Partial<ServiceImpl<typeof AgentUpdateService>>;
const updates = (methods: Updates) => (router: ConnectRouter) => {
  router.service(AgentUpdateService, methods);
  router.service(FleetService, {
    listSavedSelectors: () => ({ selectors: [{ name: 'eu', labels: { zone: 'fra' } }] }),
  });
};

const UID = '0196f000-0000-7000-8000-000000000001';
const rollout = (state: State) =>
  create(RolloutSchema, {
    uid: UID,
    version: '0.2.0',
    stages: [1, 10, 100],
    stage: 1,
    state,
    message: state === State.STOPPED ? 'web-1 went back to 0.1.0.' : '',
    servers: [{ serverName: 'web-1', stage: 0, state: ServerState.FAILED, fromVersion: '0.1.0' }],
  });

test('an update goes to the servers of a selector in the stages that were named', async () => {
  const asked: StartRolloutRequest[] = [];
  const routes = updates({
    startRollout: (request) => {
      asked.push(request);
      return { rollout: rollout(State.RUNNING) };
    },
  });
  const line = ['agents', 'update', '0.2.0', '--selector', '@eu', '--stages', '5,50,100'];
  const { output } = await runCommand(routes, ...line);
  expect(asked[0]).toMatchObject({ version: '0.2.0', selector: { zone: 'fra' }, stages: [5, 50, 100] });
  expect(output).toMatch(/0\.2\.0 +running +10 %/);
  expect(output).toMatch(/web-1 +1 % +failed +0\.1\.0/);
  await expect(runCommand(routes, 'agents', 'update', '0.2.0', '--stages', '1,all')).rejects.toThrow('"all"');
});

test.each([
  [State.SUCCEEDED, ExitCode.DONE],
  [State.STOPPED, ExitCode.FAILED],
])('an update that is waited for ends with its result', async (state, exitCode) => {
  const routes = updates({
    startRollout: () => ({ rollout: rollout(state) }),
    getRollout: () => ({ rollout: rollout(state) }),
  });
  expect((await runCommand(routes, 'agents', 'update', '0.2.0', '--wait')).exitCode).toBe(exitCode);
});

test('the newest rollout is meant when none is named', async () => {
  const done: string[] = [];
  const routes = updates({
    listRollouts: () => ({ rollouts: [rollout(State.STOPPED)] }),
    controlRollout: ({ uid, action }) => {
      done.push(`${uid === UID} ${Action[action]}`);
      return { rollout: rollout(State.RUNNING) };
    },
  });
  for (const verb of ['pause', 'resume', 'cancel']) await runCommand(routes, 'agents', verb);
  expect(done).toEqual(['true PAUSE', 'true RESUME', 'true CANCEL']);
  expect((await runCommand(routes, 'agents', 'rollouts', '-o', 'yaml')).output).toContain('STATE_STOPPED');
});

test('without any rollout there is none to pause', async () => {
  const routes = updates({ listRollouts: () => ({ rollouts: [] }) });
  await expect(runCommand(routes, 'agents', 'pause')).rejects.toThrow('Rollout');
});
