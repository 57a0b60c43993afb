import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { SocketRequestSchema, SocketResponseSchema } from '@ostler/contracts';
import { FakeClock } from '@ostler/test-kit';
import { AsyncQueue } from '@ostler/kernel';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { ClientSocket } from './client-socket';
import { socketLimits } from './socket-limits';

type Sent = MessageInitShape<typeof SocketRequestSchema>['frame'];

class FakeWire {
  readonly frames: ReturnType<typeof frameOf>[] = [];
  readonly events: string[] = [];
  send = (bytes: Uint8Array): void => void this.frames.push(frameOf(bytes));
  ping = (): void => void this.events.push('ping');
  close = (code: number, reason: string): void => void this.events.push(`close ${code} ${reason}`);
  terminate = (): void => void this.events.push('terminate');
}

const frameOf = (bytes: Uint8Array) => fromBinary(SocketResponseSchema, bytes).frame;

let wire: FakeWire;
let clock: FakeClock;
let socket: ClientSocket;
/** What each opened stream gives, by its method. */
const sources = new Map<string, AsyncQueue<Uint8Array>>();
const ended: string[] = [];

async function* openStream(method: string, _request: Uint8Array, signal: AbortSignal) {
  const source = sources.get(method);
  if (!source) throw new ConnectError(`${method} is nothing`, Code.NotFound);
  signal.addEventListener('abort', () => source.close());
  try {
    yield* source;
  } finally {
    ended.push(method);
  }
}

beforeEach(() => {
  sources.clear();
  ended.length = 0;
  wire = new FakeWire();
  clock = new FakeClock();
  socket = new ClientSocket(wire, openStream, clock);
  socket.begin();
});

const say = (frame: Sent): void =>
  socket.take(toBinary(SocketRequestSchema, create(SocketRequestSchema, { frame })));

function open(stream: number, method: string): AsyncQueue<Uint8Array> {
  const source = sources.get(method) ?? new AsyncQueue<Uint8Array>();
  sources.set(method, source);
  say({ case: 'open', value: { stream, method } });
  return source;
}

/** The sizes of all messages of a stream that were sent. */
const sizes = (stream: number): number[] =>
  wire.frames.flatMap(({ case: kind, value }) =>
    kind === 'messages' && value.stream === stream ? value.messages.map(({ length }) => length) : [],
  );
const ends = () => wire.frames.flatMap(({ case: kind, value }) => (kind === 'end' ? [value] : []));
const total = (stream: number): number => sizes(stream).reduce((a, b) => a + b, 0);

describe('a socket', () => {
  it('tells its limits first', () => {
    expect(wire.frames[0]).toMatchObject({ case: 'welcome', value: socketLimits });
  });

  it('carries the messages of several streams, each in order, and their ends', async () => {
    const one = open(1, 'a/One');
    const two = open(2, 'a/Two');
    one.push(new Uint8Array(1));
    two.push(new Uint8Array(5));
    one.push(new Uint8Array(2));
    one.close();
    await vi.waitFor(() => expect(ends()).toHaveLength(1));
    expect([sizes(1), sizes(2)]).toEqual([[1, 2], [5]]);
    expect(ends()[0]).toMatchObject({ stream: 1, code: 0 });
  });

  it('tells why a stream failed', async () => {
    say({ case: 'open', value: { stream: 1, method: 'no/Such' } });
    await vi.waitFor(() => expect(ends()).toHaveLength(1));
    expect(ends()[0]).toMatchObject({ stream: 1, code: Code.NotFound, message: 'no/Such is nothing' });
  });

  it('sends a slow reader one window and goes on with its credit', async () => {
    const slow = open(1, 'a/Slow');
    const quick = open(2, 'a/Quick');
    for (let count = 0; count < 100; count++) slow.push(new Uint8Array(16 * 1024));
    await vi.waitFor(() => expect(total(1)).toBe(socketLimits.windowBytes));
    quick.push(new Uint8Array(7));
    await vi.waitFor(() => expect(sizes(2)).toEqual([7]));
    expect(total(1)).toBe(socketLimits.windowBytes);
    say({ case: 'taken', value: { stream: 1, bytes: 32 * 1024 } });
    await vi.waitFor(() => expect(total(1)).toBe(socketLimits.windowBytes + 32 * 1024));
  });

  it('ends a stream that is wanted no more, and says nothing of it', async () => {
    open(1, 'a/One');
    say({ case: 'close', value: { stream: 1 } });
    await vi.waitFor(() => expect(ended).toEqual(['a/One']));
    expect(ends()).toEqual([]);
  });

  it('refuses more streams than it has, and keeps the others', async () => {
    for (let number = 1; number <= socketLimits.mostStreams; number++) open(number, `a/${number}`);
    open(100, 'a/More');
    await vi.waitFor(() => expect(ends()).toMatchObject([{ stream: 100, code: Code.ResourceExhausted }]));
    sources.get('a/1')?.push(new Uint8Array(3));
    await vi.waitFor(() => expect(sizes(1)).toEqual([3]));
  });

  it('ends every stream and stays open when rights have changed', async () => {
    open(1, 'a/One');
    socket.endStreams(new ConnectError('changed', Code.Unavailable));
    await vi.waitFor(() => expect(ends()).toMatchObject([{ stream: 1, code: Code.Unavailable }]));
    open(2, 'a/Two').push(new Uint8Array(4));
    await vi.waitFor(() => expect(sizes(2)).toEqual([4]));
    expect(wire.events).toEqual([]);
  });

  it.each([
    ['bytes that are no frame', () => socket.take(Uint8Array.of(255, 255, 255))],
    ['an empty frame', () => socket.take(new Uint8Array())],
    ['a number of a stream twice', () => [open(1, 'a/One'), open(1, 'a/One')]],
    ['stream 0', () => open(0, 'a/Zero')],
  ])('closes on %s', (_, act) => {
    act();
    expect(ends().at(-1)).toMatchObject({ stream: 0, code: Code.InvalidArgument });
    expect(wire.events).toEqual(['close 1008 InvalidArgument']);
  });

  it('says that one must sign in, and closes with a code of its own', () => {
    socket.end(new ConnectError('Sign in again.', Code.Unauthenticated));
    expect(ends().at(-1)).toMatchObject({ stream: 0, code: Code.Unauthenticated, message: 'Sign in again.' });
    expect(wire.events).toEqual(['close 4401 Unauthenticated']);
  });

  it('gives up on a client that answers no ping, and frees its streams', async () => {
    open(1, 'a/One');
    await clock.advance(10_000);
    socket.heard();
    await clock.advance(10_000);
    expect(wire.events).toEqual(['ping', 'ping']);
    await clock.advance(10_000);
    expect(wire.events).toEqual(['ping', 'ping', 'terminate']);
    socket.gone();
    await vi.waitFor(() => expect(ended).toEqual(['a/One']));
  });
});
