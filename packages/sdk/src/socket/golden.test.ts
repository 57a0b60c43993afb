import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { ErrorReason, SocketRequestSchema, SocketResponseSchema } from '@ostler/contracts';
import { expect, it } from 'vitest';

type Asked = MessageInitShape<typeof SocketRequestSchema>['frame'];
type Told = MessageInitShape<typeof SocketResponseSchema>['frame'];

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

it.each<[string, Asked, string]>([
  [
    'open',
    {
      case: 'open',
      value: { stream: 1, method: 'ostler.api.v1.LiveService/Watch', request: Uint8Array.of(10, 1, 1) },
    },
    '0a280801121f6f73746c65722e6170692e76312e4c697665536572766963652f57617463681a030a0101',
  ],
  ['close', { case: 'close', value: { stream: 1 } }, '12020801'],
  ['taken', { case: 'taken', value: { stream: 1, bytes: 65_536 } }, '1a06080110808004'],
])('a client says %s in these bytes', (_, frame, bytes) => {
  expect(hex(toBinary(SocketRequestSchema, create(SocketRequestSchema, { frame })))).toBe(bytes);
});

it.each<[string, Told, string]>([
  [
    'welcome',
    {
      case: 'welcome',
      value: { mostStreams: 64, windowBytes: 262_144, mostRequestBytes: 65_536, pingEveryMs: 10_000 },
    },
    '0a0d0840108080101880800420904e',
  ],
  [
    'messages',
    { case: 'messages', value: { stream: 1, messages: [Uint8Array.of(66, 0), Uint8Array.of(58, 0)] } },
    '120a08011202420012023a00',
  ],
  [
    'end',
    {
      case: 'end',
      value: {
        stream: 1,
        code: 16,
        message: 'Sign in.',
        error: { reason: ErrorReason.UNAUTHENTICATED },
        requestId: 'r',
      },
    },
    '1a15080110101a085369676e20696e2e220208062a0172',
  ],
])('the control plane says %s in these bytes', (_, frame, bytes) => {
  expect(hex(toBinary(SocketResponseSchema, create(SocketResponseSchema, { frame })))).toBe(bytes);
});
