import { create } from '@bufbuild/protobuf';
import type { ConnectRouter, ServiceImpl } from '@connectrpc/connect';
import { type CreateJoinTokenRequest, FleetService, WaitingServerSchema } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { runCommand } from '../../testing/run-command.fixture';

type Fleet = Partial<ServiceImpl<typeof FleetService>>;
const fleet = (methods: Fleet) => (router: ConnectRouter) => void router.service(FleetService, methods);
const UID = '0196f000-0000-7000-8000-000000000001';
const waiting = create(WaitingServerSchema, {
  uid: UID,
  name: 'new-1',
  address: '192.0.2.9',
  keyFingerprint: 'sha256//abc',
});

test('a join token carries what was wished, and prints the command or the user data', async () => {
  const wishes: CreateJoinTokenRequest[] = [];
  const routes = fleet({
    createJoinToken: (request) => {
      wishes.push(request);
      return { command: 'curl | sh', cloudInit: '#cloud-config\n', token: 'ost_join_x' };
    },
  });
  const line = ['join-tokens', 'create', '--waiting-room', '--replaces', 'web-1', '-l', 'env=prod'];
  expect((await runCommand(routes, ...line)).output).toBe('curl | sh\n');
  expect((await runCommand(routes, ...line, '--cloud-init')).output).toBe('#cloud-config\n');
  expect(wishes[0]).toMatchObject({
    waitingRoom: true,
    replacesServer: 'web-1',
    labels: { env: 'prod' },
    lifetimeSeconds: 3600,
    maximumUses: 1,
  });
});

test('tokens are listed with who made them and who joined by which', async () => {
  const routes = fleet({
    listJoinTokens: () => ({
      joinTokens: [
        {
          uid: UID,
          description: 'racks',
          maximumUses: 5,
          uses: 2,
          createdBy: 'owner@example.test',
          waitingRoom: true,
          usedBy: [{ server: 'web-1' }, { server: '' }],
        },
      ],
    }),
  });
  const { output } = await runCommand(routes, 'join-tokens');
  expect(output).toContain('owner@example.test');
  expect(output).toContain('waiting room');
  expect(output).toContain('web-1, (removed)');
});

test('who waits is let in or turned away by name or uid', async () => {
  const decisions: string[] = [];
  const routes = fleet({
    listWaitingServers: () => ({ waitingServers: [waiting] }),
    decideWaitingServer: ({ uid, letIn }) => {
      decisions.push(`${uid === UID} ${letIn}`);
      return letIn ? { server: { name: 'new-1' } } : {};
    },
  });
  expect((await runCommand(routes, 'waiting')).output).toContain('sha256//abc');
  expect((await runCommand(routes, 'waiting', 'let-in', 'new-1', '--yes')).output).toBe('new-1 is let in.\n');
  await runCommand(routes, 'waiting', 'reject', UID, '--yes');
  expect(decisions).toEqual(['true true', 'true false']);
  await expect(runCommand(routes, 'waiting', 'let-in', 'nobody', '--yes')).rejects.toThrow('nobody');
});

test('of two that wait under one name, none is taken by guess', async () => {
  const twin = { ...waiting, uid: '0196f000-0000-7000-8000-000000000002' };
  const routes = fleet({ listWaitingServers: () => ({ waitingServers: [waiting, twin] }) });
  await expect(runCommand(routes, 'waiting', 'let-in', 'new-1', '--yes')).rejects.toThrow('by its uid');
});

test('selectors are saved with their labels and shown with their count', async () => {
  const routes = fleet({
    saveSelector: ({ name, labels }) => ({ selector: { name, labels, servers: 3 } }),
  });
  const { output } = await runCommand(routes, 'selectors', 'save', 'eu', 'zone=fra', 'env=prod');
  expect(output).toMatch(/@eu +3 +zone=fra,env=prod/);
});
