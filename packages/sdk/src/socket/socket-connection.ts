import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  SocketRequestSchema,
  type SocketResponse,
  type SocketResponse_End,
  SocketResponseSchema,
} from '@ostler/contracts';
import { AsyncQueue, type Clock } from '@ostler/kernel';

import { cut, errorOf } from './stream-errors';

/** What is needed of a WebSocket, as browsers and Node have it. */
export type SocketLike = Pick<
  WebSocket,
  'binaryType' | 'send' | 'close' | 'onmessage' | 'onclose' | 'onopen' | 'onerror'
>;

/** A socket that has not said a word by then is one that a proxy on the way does not let through. */
const welcomeWithinMs = 10_000;

/** One open WebSocket and its streams. When it is gone, it is gone: who wants another makes another. */
export class SocketConnection {
  /** Resolves when the control plane has let us in; rejects with the reason why it did not. */
  readonly welcome: Promise<void>;
  hasEnded = false;
  private readonly inboxes = new Map<number, AsyncQueue<Uint8Array>>();
  private readonly greeting = Promise.withResolvers<void>();
  private hasHeard = false;
  private last = 0;
  private creditEveryBytes = 1;

  constructor(
    private readonly socket: SocketLike,
    clock: Clock,
  ) {
    this.welcome = this.greeting.promise;
    // It is told to who waits for it, and to every stream.
    this.welcome.catch(() => undefined);
    const late = clock.after(welcomeWithinMs, () => this.end(cut('The socket did not open in time.')));
    this.welcome.then(
      () => late.cancel(),
      () => late.cancel(),
    );
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => this.take(data);
    socket.onclose = () => this.end(cut('The connection to the control plane was cut.'));
  }

  /** True when it ended without a word: a program on the way may not let sockets through. */
  get wasNeverHeard(): boolean {
    return this.hasEnded && !this.hasHeard;
  }

  async *open(method: string, request: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    signal.throwIfAborted();
    const stream = ++this.last;
    const inbox = new AsyncQueue<Uint8Array>();
    if (this.hasEnded) throw cut('The connection to the control plane was cut.');
    this.inboxes.set(stream, inbox);
    const stop = (): void => inbox.close(ConnectError.from(signal.reason, Code.Canceled));
    signal.addEventListener('abort', stop, { once: true });
    this.say({ case: 'open', value: { stream, method, request } });
    let takenBytes = 0;
    try {
      for await (const message of inbox) {
        yield message;
        takenBytes += message.length;
        if (takenBytes < this.creditEveryBytes) continue;
        this.say({ case: 'taken', value: { stream, bytes: takenBytes } });
        takenBytes = 0;
      }
    } finally {
      signal.removeEventListener('abort', stop);
      if (this.inboxes.delete(stream)) this.say({ case: 'close', value: { stream } });
    }
  }

  /** Ends every stream with the error. */
  end(error: ConnectError): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.greeting.reject(error);
    for (const inbox of this.inboxes.values()) inbox.close(error);
    this.inboxes.clear();
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close();
  }

  private take(data: unknown): void {
    const frame = frameOf(data);
    this.hasHeard ||= frame.case !== undefined;
    if (frame.case === 'welcome') {
      this.creditEveryBytes = Math.max(1, Math.floor(frame.value.windowBytes / 4));
      this.greeting.resolve();
    } else if (frame.case === 'messages') {
      const inbox = this.inboxes.get(frame.value.stream);
      for (const message of frame.value.messages) inbox?.push(message);
    } else if (frame.case === 'end') this.endStream(frame.value);
    else if (frame.case === undefined)
      this.end(cut('The control plane sent what is no frame of this socket.'));
  }

  private endStream(end: SocketResponse_End): void {
    if (end.stream === 0) return this.end(errorOf(end));
    const inbox = this.inboxes.get(end.stream);
    this.inboxes.delete(end.stream);
    inbox?.close(end.code === 0 ? undefined : errorOf(end));
  }

  private say(frame: MessageInitShape<typeof SocketRequestSchema>['frame']): void {
    if (this.hasEnded) return;
    this.socket.send(toBinary(SocketRequestSchema, create(SocketRequestSchema, { frame })));
  }
}

function frameOf(data: unknown): SocketResponse['frame'] {
  try {
    return fromBinary(SocketResponseSchema, new Uint8Array(data as ArrayBuffer)).frame;
  } catch {
    return { case: undefined };
  }
}
