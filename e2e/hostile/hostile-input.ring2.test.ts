import { AuditEntry_Outcome, AuditService } from '@ostler/contracts';
import { createClient } from '@connectrpc/connect';
import { HOSTILE_VALUES, type HostileValue } from '@ostler/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../../apps/agent/src/drivers/certificate/certificate.fixture';
import { query } from '../../apps/control-plane/src/platform/db';
import {
  listenOn,
  requestListener,
  SecureServer,
  ConsoleFiles,
  ownHosts,
} from '../../apps/control-plane/src/platform/http';
import { Log } from '../../apps/control-plane/src/platform/log';
import { RpcHandler } from '../../apps/control-plane/src/platform/rpc';
import {
  type Engine,
  helloSite,
  startEngine,
  requestId,
} from '../../apps/control-plane/src/resources/engine.fixture';
import { kindModels, parseSpecFile, toSpecFile } from '../../packages/resource-model/src';
import {
  type CommandLine,
  commandLine,
  connectBinary,
  connectJson,
  type Door,
  grpc,
  type Refusal,
} from './doors';
import { driven, FIELDS, refusing, stringFields } from './fields';

let engine: Engine;
let server: SecureServer;
let cli: CommandLine;
const doors = new Map<string, Door>();

beforeAll(async () => {
  engine = await startEngine();
  await engine.addServer('web-1', { labels: { role: 'web' } });
  cli = await commandLine(engine);
  const now = Date.now();
  const { pem, privateKeyPem } = await makeCertificate(['localhost'], {
    notBeforeMs: now - 60_000,
    notAfterMs: now + 3_600_000,
  });
  const listener = requestListener({
    rpc: engine.app.get(RpcHandler),
    routes: {
      files: await ConsoleFiles.load('/nonexistent'),
      health: { findings: () => Promise.resolve([]) },
      version: 'test',
    },
    isOwnHost: ownHosts([]),
    secure: true,
    log: new Log('error'),
  });
  server = new SecureServer({ certificate: pem, key: privateKeyPem }, listener);
  const port = await listenOn(server.server, '127.0.0.1', 0);
  doors.set('Connect with JSON', connectJson(engine));
  doors.set('Connect in binary', connectBinary(engine));
  doors.set('gRPC', grpc(port, pem, engine.token));
});
afterAll(async () => {
  await cli?.remove();
  await server?.close();
  await engine?.close();
});

/** Everything that a change would leave behind. */
async function state(): Promise<string> {
  const tables = [
    'resource',
    'revision',
    'reference',
    'domain_claim',
    'placement',
    'secret',
    'resource_release',
  ];
  const counts = tables.map((table) => `(select count(*) from ${table}) as ${table}`).join(', ');
  const [row] = await engine.system(() =>
    query(`select ${counts}, (select sum(resource_version) from tenant_counter) as version`),
  );
  return JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

const trail = async (subject = '') =>
  (await createClient(AuditService, engine.transport(engine.token)).list({ subject, pageSize: 3 })).entries;

/** Binary carries UTF-8 alone; a client of it cannot send half of a character. */
const sendable = (door: string, { name }: HostileValue): boolean =>
  door === 'Connect with JSON' || name !== 'half of a character';

test('the driven resources have every string field of every kind', () => {
  const fields = new Set(FIELDS.map(({ field }) => field.toString()));
  const missing = kindModels
    .flatMap(({ schema }) => [...stringFields(schema)])
    .map((field) => field.toString());
  expect(missing.filter((field) => !fields.has(field))).toEqual([]);
});

describe.each(['Connect with JSON', 'Connect in binary', 'gRPC'])('through %s', (name) => {
  test.each(HOSTILE_VALUES.filter((value) => sendable(name, value)))(
    '$name in any field is refused at that field, changes nothing and is recorded',
    async (hostile) => {
      const before = await state();
      // The rules of the contract come first, then those of the kind: what is left is sent again.
      let left = refusing(hostile);
      while (left.length > 0) {
        const [last] = await trail();
        const refusal = await doors.get(name)!(
          left.map((field, index) => driven(field, hostile.value, index)),
        );
        expectReadable(refusal);
        const named = left.filter(({ path }, index) => isNamed(`resources[${index}].${path}`, refusal));
        expect(named, `none of ${left.map(({ path }) => path).join(', ')} is named`).not.toEqual([]);
        left = left.filter((field) => !named.includes(field));
        const [entry, older] = await trail();
        expect(older?.uid).toBe(last?.uid);
        expect(entry).toMatchObject({
          outcome: AuditEntry_Outcome.REFUSED,
          method: 'ostler.api.v1.ResourceService/Apply',
        });
      }
      expect(await state()).toBe(before);
    },
  );

  test('more violations than every client takes are counted', async () => {
    // Each breaks the contract with its name and a rule of its kind with the domain made of it: both are told.
    const resources = Array.from({ length: 500 }, (_, index) => helloSite(`NOT A NAME ${index}`));
    const { message, violations } = await doors.get(name)!(resources);
    expect(message).toMatch(/^resources\[0\]\.meta\.name: .* \(and 999 more\)$/);
    expect(violations.length).toBeGreaterThan(10);
    expect(JSON.stringify(violations).length).toBeLessThan(16_384);
  });

  test('the domain of another tenant is refused without its name', async () => {
    const other = await engine.addTenant(`tenant-${name.toLowerCase().replaceAll(' ', '-')}`);
    await engine.addServer('theirs', { tenantUid: other.uid });
    const domain = `${name.toLowerCase().replaceAll(' ', '-')}.example`;
    await other.resources.apply({
      requestId: requestId(),
      resources: [helloSite('theirs', { placement: { server: 'theirs' }, domains: [domain] })],
    });
    const before = await state();
    const { reason, message, violations } = await doors.get(name)!([
      helloSite('mine', { domains: [domain] }),
    ]);
    expect(reason).toBe('DOMAIN_TAKEN');
    expect(message + JSON.stringify(violations)).not.toMatch(/tenant-|theirs/);
    expect(violations[0]!.field).toBe('resources[0].site.domains[0]');
    expect(await state()).toBe(before);
  });
});

/** What the command line says of spec files that hold the value, one document for each field. */
function specFiles(hostile: HostileValue) {
  const fields = refusing(hostile).filter(({ path }) => !/password|privateKeyPem/.test(path));
  const text = fields.map((field, index) => toSpecFile(driven(field, hostile.value, index))).join('---\n');
  const missing = (told: readonly string[]) =>
    fields
      .map(({ path }) => path.replace(/^meta\./, '').replace(/^(site|certificate)/, 'spec'))
      .filter(
        (path) => !told.some((field) => field !== '' && (path.startsWith(field) || field.startsWith(path))),
      );
  return { text, missing };
}

test.each(HOSTILE_VALUES.filter((value) => sendable('', value)))(
  '$name in a spec file is refused at that field',
  (hostile) => {
    const { text, missing } = specFiles(hostile);
    expect(missing(parseSpecFile(text).violations.map(({ field }) => field))).toEqual([]);
  },
);

/** A program is started for each, so these stand for the others. */
const forTheProgram = /^(newline|NUL|way out|over-long|look-alikes|metadata address)$/;

test.each(HOSTILE_VALUES.filter(({ name }) => forTheProgram.test(name)))(
  '$name is refused by `ostler apply -f -`, which says the line and the field and ends with 2',
  async (hostile) => {
    const { text, missing } = specFiles(hostile);
    const { code, reason, violations } = await cli.apply(text);
    expect([code, reason]).toEqual([2, 'INVALID']);
    expect(violations[0]!.field).toMatch(/^standard input:\d+ /);
    expect(missing(violations.map(({ field }) => field.replace(/^standard input(:\d+)? ?/, '')))).toEqual([]);
  },
);

function expectReadable({ reason, message, violations }: Refusal): void {
  expect(reason).toBe('INVALID');
  expect(message).toMatch(/\S/);
  for (const violation of violations) {
    expect(violation).toMatchObject({
      reason: expect.stringMatching(/^[A-Z][A-Z0-9_]+$/),
      message: expect.stringMatching(/\S/),
    });
  }
}

const isNamed = (path: string, { violations }: Refusal): boolean =>
  violations.some(({ field }) => field !== '' && (field.startsWith(path) || path.startsWith(field)));
