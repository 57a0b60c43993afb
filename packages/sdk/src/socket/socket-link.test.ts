import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { ErrorReason, SocketRequestSchema, SocketResponseSchema } from '@ostler/contracts';
import { FakeClock } from '@ostler/test-kit';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { explainError } from '../explain-error';
import type { SocketLike } from './socket-connection';
import { SocketLink } from './socket-link';
import type { StreamLink } from './stream-link';

type Said = MessageInitShape<typeof SocketResponseSchema>['frame'];

/** A WebSocket whose other end is the test. */
class FakeSocket implements SocketLike {
  binaryType: SocketLike['binaryType'] = 'blob';
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  onopen = null;
  onerror = null;
  readonly heard: ReturnType<typeof requestOf>[] = [];
  isClosed = false;

  send(bytes: unknown): void {
    this.heard.push(requestOf(bytes as Uint8Array));
  }

  close(): void {
    this.isClosed = true;
  }

  say(frame: Said): void {
    const data = toBinary(SocketResponseSchema, create(SocketResponseSchema, { frame })).slice().buffer;
    this.onmessage?.call(this as never, { data } as never);
  }

  welcome(): void {
    this.say({ case: 'welcome', value: { windowBytes: 40 } });
  }

  messages(stream: number, ...sizes: number[]): void {
    this.say({ case: 'messages', value: { stream, messages: sizes.map((size) => new Uint8Array(size)) } });
  }

  cut(): void {
    this.onclose?.call(this as never, {} as never);
  }
}

const requestOf = (bytes: Uint8Array) => fromBinary(SocketRequestSchema, bytes).frame;

let sockets: FakeSocket[];
let clock: FakeClock;
let link: SocketLink;
const instead: StreamLink = {
  async *open() {
    yield new Uint8Array(99);
  },
};

beforeEach(() => {
  sockets = [];
  clock = new FakeClock();
  const connect = (): FakeSocket => {
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket;
  };
  link = new SocketLink({ connect, instead, clock });
});

/** Reads a stream beside the test: the sizes of its messages, then how it ended. */
function read(signal = new AbortController().signal) {
  const seen: (number | string)[] = [];
  const done = (async () => {
    try {
      for await (const { length } of link.open('a/Stream', new Uint8Array(3), signal)) seen.push(length);
      seen.push('end');
    } catch (error) {
      seen.push(ErrorReason[explainError(error).reason] ?? '');
    }
  })();
  return { seen, done };
}

async function opened(count = 1): Promise<FakeSocket> {
  await vi.waitFor(() => expect(sockets).toHaveLength(count));
  const socket = sockets[count - 1]!;
  socket.welcome();
  await vi.waitFor(() => expect(socket.heard.some((frame) => frame.case === 'open')).toBe(true));
  return socket;
}

describe('a link over one socket', () => {
  it('carries several streams over one socket, each to its end', async () => {
    const [one, two] = [read(), read()];
    const socket = await opened();
    await vi.waitFor(() => expect(socket.heard).toHaveLength(2));
    expect(socket.heard[0]).toMatchObject({ case: 'open', value: { stream: 1, method: 'a/Stream' } });
    socket.messages(2, 1);
    socket.messages(1, 2, 3);
    socket.say({ case: 'end', value: { stream: 1 } });
    await one.done;
    await vi.waitFor(() => expect(two.seen).toEqual([1]));
    expect(one.seen).toEqual([2, 3, 'end']);
    expect(sockets).toHaveLength(1);
  });

  it('gives credit for what was read, and only for that', async () => {
    const stream = link.open('a/Stream', new Uint8Array(), new AbortController().signal);
    const first = stream.next();
    const socket = await opened();
    socket.messages(1, 8, 8, 8);
    await first;
    const credits = () => socket.heard.filter((frame) => frame.case === 'taken').map(({ value }) => value);
    await stream.next();
    expect(credits()).toEqual([]);
    await stream.next();
    expect(credits()).toMatchObject([{ stream: 1, bytes: 16 }]);
    await stream.return(undefined);
  });

  it('says why a stream ended, as over HTTP', async () => {
    const stream = read();
    const socket = await opened();
    const error = { reason: ErrorReason.DENIED };
    socket.say({
      case: 'end',
      value: { stream: 1, code: Code.PermissionDenied, message: 'You may not.', error },
    });
    await stream.done;
    expect(stream.seen).toEqual(['DENIED']);
  });

  it('tells the control plane which stream is wanted no more, at once', async () => {
    const leaving = new AbortController();
    const stream = read(leaving.signal);
    const socket = await opened();
    leaving.abort();
    await stream.done;
    expect(stream.seen).toEqual(['CANCELLED']);
    expect(socket.heard.at(-1)).toMatchObject({ case: 'close', value: { stream: 1 } });
  });

  it('ends every stream when it is cut, and opens the next over a new socket', async () => {
    const [one, two] = [read(), read()];
    const socket = await opened();
    await vi.waitFor(() => expect(socket.heard).toHaveLength(2));
    socket.cut();
    await Promise.all([one.done, two.done]);
    expect([one.seen, two.seen]).toEqual([['UNAVAILABLE'], ['UNAVAILABLE']]);
    const three = read();
    (await opened(2)).messages(1, 5);
    await vi.waitFor(() => expect(three.seen).toEqual([5]));
  });

  it('is cut by hand when it was silent for too long', async () => {
    const stream = read();
    const socket = await opened();
    link.reset();
    await stream.done;
    expect([stream.seen, socket.isClosed]).toEqual([['UNAVAILABLE'], true]);
  });

  it('ends on what is no frame', async () => {
    const stream = read();
    const socket = await opened();
    socket.onmessage?.call(socket as never, { data: 'hello' } as never);
    await stream.done;
    expect(stream.seen).toEqual(['UNAVAILABLE']);
  });
});

describe('where sockets do not get through', () => {
  async function fail(how: (socket: FakeSocket) => unknown): Promise<(number | string)[]> {
    const stream = read();
    await vi.waitFor(() => expect(sockets.at(-1)?.isClosed).toBe(false));
    await how(sockets.at(-1)!);
    await stream.done;
    return stream.seen;
  }

  it('goes another way after the third socket that never opened, and tries again later', async () => {
    for (let time = 0; time < 3; time++)
      expect(await fail((socket) => socket.cut())).toEqual(['UNAVAILABLE']);
    const stream = read();
    await stream.done;
    expect([stream.seen, sockets.length, link.isInstead]).toEqual([[99, 'end'], 3, true]);
    await clock.advance(600_000);
    expect(link.isInstead).toBe(false);
  });

  it('counts one that opens and never says a word', async () => {
    expect(await fail(() => clock.advance(10_000))).toEqual(['UNAVAILABLE']);
    expect(sockets[0]?.isClosed).toBe(true);
  });

  it('keeps to sockets when the control plane says why it lets nobody in', async () => {
    const end = { stream: 0, code: Code.Unauthenticated, message: 'Sign in.' };
    for (let time = 0; time < 4; time++)
      expect(await fail((socket) => socket.say({ case: 'end', value: end }))).toEqual(['UNAUTHENTICATED']);
    expect([sockets.length, link.isInstead]).toEqual([4, false]);
  });
});
