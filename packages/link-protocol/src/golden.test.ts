import { create, toBinary } from '@bufbuild/protobuf';
import {
  type AgentFrame,
  AgentFrameSchema,
  ChangeCausesSchema,
  type ControlPlaneFrame,
  ControlPlaneFrameSchema,
  TelemetryFrameSchema,
} from '@ostler/contracts';
import { expect, test } from 'vitest';

// docs/adr/0131-lanes.md. Agents of every past version speak these bytes: they change never, new fields are added.
const hash = new Uint8Array(32).fill(0xaa);
const up = (frame: AgentFrame['frame']) =>
  Buffer.from(toBinary(AgentFrameSchema, create(AgentFrameSchema, { frame }))).toString('hex');
const down = (frame: ControlPlaneFrame['frame']) =>
  Buffer.from(toBinary(ControlPlaneFrameSchema, create(ControlPlaneFrameSchema, { frame }))).toString('hex');
const aa = 'aa'.repeat(32);

test('frames of the agent', () => {
  const hello = {
    agentVersion: '1.2.3',
    featureLevel: 1,
    bootId: 'b',
    instanceId: 'i',
    epoch: 1n,
    revision: 7n,
  };
  expect(up({ case: 'hello', value: { ...hello, manifestSha256: hash } as never })).toBe(
    `0a350a05312e322e3310011a0162220169280130073a20${aa}`,
  );
  expect(up({ case: 'needBodies', value: { creditBytes: 1048576, sha256: [hash] } as never })).toBe(
    `1a2608808040` + `1220${aa}`,
  );
  expect(up({ case: 'manifestStored', value: { epoch: 1n, revision: 7n, indexSha256: hash } as never })).toBe(
    `2a26080110071a20${aa}`,
  );
});

test('frames of the control plane', () => {
  const welcome = {
    epoch: 1n,
    heartbeatIntervalMs: 10_000,
    deadAfterMs: 25_000,
    telemetryWindowBytes: 524_288,
  };
  expect(down({ case: 'welcome', value: welcome as never })).toBe('0a0d080110904e18a8c301288080' + '20');
  const offer = { epoch: 1n, revision: 7n, indexSha256: hash, indexSize: 2, index: Uint8Array.of(8, 1) };
  expect(down({ case: 'manifestOffer', value: offer as never })).toBe(`1a2c080110071a20${aa}20022a020801`);
  const piece = { sha256: hash, offset: 0, size: 2, data: Uint8Array.of(8, 1) };
  expect(down({ case: 'bodyPiece', value: piece as never })).toBe(`22280a20${aa}180222020801`);
});

test('frames of trust', () => {
  const counted = { helloCounter: 7n, machine: 'm', caBundleSha256: hash };
  expect(up({ case: 'hello', value: counted as never })).toBe(`0a2760076a016d7220${aa}`);
  expect(up({ case: 'trustBundleStored', value: { caBundleSha256: hash } as never })).toBe(`7a220a20${aa}`);
  expect(
    down({ case: 'trustBundle', value: { caBundle: [Uint8Array.of(1), Uint8Array.of(2)] } as never }),
  ).toBe('7a060a01010a0102');
  expect(down({ case: 'rekey', value: { nonce: hash } as never })).toBe(`8201220a20${aa}`);
  expect(down({ case: 'welcome', value: { epoch: 2n, holdMessage: 'h' } as never })).toBe('0a0508023a0168');
});

// docs/adr/0161-one-number-for-a-call.md. The control plane stores the causes with a manifest in these bytes, too.
test('the calls behind a manifest and an operation', () => {
  const cause = { uid: 'u', generation: 3n, requestId: 'r', traceparent: '00-t-p-01' };
  const bytes = `0a017510031a01722209${Buffer.from('00-t-p-01').toString('hex')}`;
  const stored = toBinary(ChangeCausesSchema, create(ChangeCausesSchema, { causes: [cause] }));
  expect(Buffer.from(stored).toString('hex')).toBe(`0a13${bytes}`);
  const offer = { epoch: 1n, revision: 7n, causes: [cause] };
  expect(down({ case: 'manifestOffer', value: offer as never })).toBe(`1a19080110073213${bytes}`);
  const start = { uid: 'u', requestId: 'r', traceparent: 't' };
  expect(down({ case: 'operationStart', value: start as never })).toBe('3a090a01752201722a0174');
});

test('a batch of output', () => {
  const value = { operationUid: 'u', offset: 3n, data: Buffer.from('abc') };
  const frame = create(TelemetryFrameSchema, { sequence: 5n, batch: { case: 'output', value } });
  expect(Buffer.from(toBinary(TelemetryFrameSchema, frame)).toString('hex')).toBe(
    '0805120a0a017510031a03616263',
  );
});
