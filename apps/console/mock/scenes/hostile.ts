import { create } from '@bufbuild/protobuf';
import {
  ApiTokenSchema,
  AuditEntry_Outcome as Outcome,
  ConditionStatus,
  JoinTokenSchema,
  Operation_State as State,
  OperationSchema,
  Role,
  Server_State,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import {
  condition,
  daysFromNow,
  makeCertificate,
  makeServer,
  makeSite,
  makeWaitingServer,
  minutesAgo,
} from '../builders';
import { placedOn, readyStatus } from '../placements';
import type { World, WorldOptions } from '../world';
import { emptyScene } from './empty';

/** Markup, a terminal's escapes, a text that runs the other way, and no space to break at. */
export const HOSTILE_TEXT = `<img src=x onerror="document.body.dataset.hostile='ran'"><b>bold</b> \u202elive\u202c \x1b[31mred\x1b[0m ${'W'.repeat(60)}`;
/** As long as a name may be, of its widest letter. */
export const LONGEST_NAME = 'w'.repeat(63);

/** Every text that somebody else may have written, at its worst; in each list twice, so that rows can be compared. */
export function hostileScene(options?: WorldOptions): World {
  const world = emptyScene(options);
  addServers(world);
  addResources(world);
  addOperations(world);
  addPeopleAndTokens(world);
  addEntries(world);
  return world;
}

function addServers(world: World): void {
  for (const name of [LONGEST_NAME, 'plain']) {
    const server = makeServer(name, {
      state: name === 'plain' ? Server_State.CONNECTED : Server_State.DOWN,
      labels: { ['k'.repeat(63)]: 'v'.repeat(63), env: 'prod' },
      agentVersion: '0.1.0-'.padEnd(60, 'f'),
    });
    Object.assign(server, {
      displayName: HOSTILE_TEXT,
      lastDisconnect: HOSTILE_TEXT,
      lastDisconnectAt: minutesAgo(5),
    });
    if (server.facts)
      Object.assign(server.facts, { hostname: HOSTILE_TEXT, os: HOSTILE_TEXT, kernel: HOSTILE_TEXT });
    world.putServer({
      ...server,
      capabilities: [
        { ...server.capabilities[0]!, name: LONGEST_NAME, available: false, detail: HOSTILE_TEXT },
      ],
      foreignSites: [
        {
          $typeName: 'ostler.api.v1.ForeignSite',
          serverNames: [HOSTILE_TEXT],
          listens: ['80'],
          file: `/etc/nginx/${LONGEST_NAME}`,
          line: 1,
        },
      ],
    });
  }
}

function addResources(world: World): void {
  const placement = { server: LONGEST_NAME };
  const domains = [`${'d'.repeat(63)}.${'e'.repeat(63)}.example.test`];
  const answer = { case: 'fixedResponse' as const, value: { status: 200, body: HOSTILE_TEXT } };
  const meta = { displayName: HOSTILE_TEXT, labels: { ['k'.repeat(63)]: 'v'.repeat(63) } };
  const resources = [LONGEST_NAME, 'plain'].flatMap((name) => [
    makeSite(name, { placement, domains, handler: { answer } }, meta),
    makeCertificate(name, { domains, source: { case: 'selfSigned', value: {} } }, meta),
  ]);
  for (const resource of resources) {
    const status = readyStatus(world, resource);
    const bad = [condition('Ready', ConditionStatus.FALSE, 'CONFIGURATION_REFUSED', HOSTILE_TEXT)];
    status.conditions = bad;
    for (const one of status.placementStatuses) one.conditions = bad;
    world.putResource({ ...resource, status });
    for (const server of placedOn(world, resource)) server.placements += 1;
  }
}

function addOperations(world: World): void {
  const server = world.serverByName(LONGEST_NAME);
  for (const state of [State.RUNNING, State.FAILED]) {
    const operation = create(OperationSchema, {
      uid: newUid(),
      serverUid: server?.uid,
      serverName: LONGEST_NAME,
      spec: { operation: { case: 'diagnose', value: {} } },
      state,
      message: HOSTILE_TEXT,
      progressMessage: HOSTILE_TEXT,
      actor: HOSTILE_TEXT,
      createdAt: minutesAgo(3),
      startedAt: minutesAgo(3),
    });
    world.output.set(operation.uid, new TextEncoder().encode(`${HOSTILE_TEXT}\n`));
    world.putOperation(operation);
  }
}

function addPeopleAndTokens(world: World): void {
  for (const person of world.people.values()) person.displayName = HOSTILE_TEXT;
  const ownerEmail = `${'o'.repeat(60)}@${'d'.repeat(60)}.example.test`;
  const token = create(ApiTokenSchema, {
    uid: newUid(),
    name: LONGEST_NAME,
    role: Role.OPERATOR,
    ownerEmail,
    createdAt: daysFromNow(-3),
    expiresAt: daysFromNow(3),
  });
  world.apiTokens.set(token.uid, token);
  const joinToken = create(JoinTokenSchema, {
    uid: newUid(),
    description: HOSTILE_TEXT,
    createdBy: ownerEmail,
    createdAt: minutesAgo(9),
    expiresAt: daysFromNow(1),
    maximumUses: 5,
    uses: 1,
    usedBy: [{ server: LONGEST_NAME, joinedAt: minutesAgo(3), address: '192.0.2.9' }],
  });
  world.joinTokens.set(joinToken.uid, joinToken);
  world.putWaiting({ ...makeWaitingServer(LONGEST_NAME, joinToken), hostname: HOSTILE_TEXT });
}

function addEntries(world: World): void {
  for (const subject of [`Site ${LONGEST_NAME}`, `Server ${LONGEST_NAME}`, HOSTILE_TEXT]) {
    world.record({
      actor: HOSTILE_TEXT,
      method: 'ostler.api.v1.ResourceService/Apply',
      outcome: Outcome.REFUSED,
      subject,
      message: HOSTILE_TEXT,
      address: '2001:db8:1234:5678:9abc:def0:1234:5678',
    });
  }
}
