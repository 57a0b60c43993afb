import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  ErrorInfoSchema,
  ErrorReason,
  type SocketRequest,
  type SocketRequest_Open,
  SocketRequestSchema,
  type SocketResponse,
  SocketResponseSchema,
} from '@ostler/contracts';
import type { Clock, Timer } from '@ostler/kernel';

import { socketLimits } from './socket-limits';
import { SocketStream } from './socket-stream';
import { streamEnd } from './stream-end';

/** What is needed of a WebSocket. */
export interface Wire {
  send(frame: Uint8Array): void;
  ping(): void;
  /** With a code of RFC 6455 section 7.4. */
  close(code: number, reason: string): void;
  /** At once, without a word. */
  terminate(): void;
}

/** Opens a server stream of the API; what it throws is an error as it goes over the wire. */
export type OpenStream = (
  method: string,
  request: Uint8Array,
  signal: AbortSignal,
) => AsyncIterable<Uint8Array>;

/** The streams of one socket, and whether anybody is still there. */
export class ClientSocket {
  private readonly streams = new Map<number, SocketStream>();
  private highest = 0;
  private isHeard = true;
  private hasEnded = false;
  private pinging: Timer | undefined;

  constructor(
    private readonly wire: Wire,
    private readonly openStream: OpenStream,
    private readonly clock: Clock,
  ) {}

  begin(): void {
    this.say({
      case: 'welcome',
      value: { $typeName: 'ostler.api.v1.SocketResponse.Welcome', ...socketLimits },
    });
    this.pingLater();
  }

  /** A frame of the client. What is none ends the socket. */
  take(bytes: Uint8Array): void {
    this.isHeard = true;
    if (this.hasEnded) return;
    const frame = frameOf(bytes);
    if (frame.case === 'open') this.open(frame.value);
    else if (frame.case === 'close') this.streams.get(frame.value.stream)?.end();
    else if (frame.case === 'taken') this.streams.get(frame.value.stream)?.taken(frame.value.bytes);
    else this.end(invalid('a frame of this socket is one ostler.api.v1.SocketRequest'));
  }

  /** The client answered a ping. */
  heard(): void {
    this.isHeard = true;
  }

  /** Ends every stream with the error; the socket stays, and streams may be opened anew. */
  endStreams(error: ConnectError): void {
    for (const stream of this.streams.values()) stream.end(error);
  }

  /** Says why and closes. */
  end(error: ConnectError): void {
    if (this.hasEnded) return;
    this.say({ case: 'end', value: streamEnd(0, error) });
    this.gone();
    this.wire.close(closeCodes[error.code] ?? 1008, Code[error.code]);
  }

  /** The client is gone: nothing is sent any more. */
  gone(): void {
    this.hasEnded = true;
    this.pinging?.cancel();
    for (const stream of this.streams.values()) stream.end();
  }

  private open({ stream: number, method, request }: SocketRequest_Open): void {
    if (number <= this.highest) return this.end(invalid(`stream ${number} is not new on this socket`));
    this.highest = number;
    if (this.streams.size >= socketLimits.mostStreams) {
      return this.say({ case: 'end', value: streamEnd(number, tooMany()) });
    }
    const stream = new SocketStream((messages) => {
      const value = { $typeName: 'ostler.api.v1.SocketResponse.Messages' as const, stream: number, messages };
      this.say({ case: 'messages', value });
    });
    this.streams.set(number, stream);
    void this.run(number, stream, method, request);
  }

  private async run(
    number: number,
    stream: SocketStream,
    method: string,
    request: Uint8Array,
  ): Promise<void> {
    let error: unknown;
    try {
      await stream.pump(this.openStream(method, request, stream.signal));
    } catch (failure) {
      error = failure;
    }
    this.streams.delete(number);
    const { aborted, reason } = stream.signal;
    // An end of our own goes before what it made of the stream; who wants no more is told nothing.
    if (aborted) error = reason instanceof ConnectError ? reason : undefined;
    if (!aborted || error) this.say({ case: 'end', value: streamEnd(number, error) });
  }

  private say(frame: SocketResponse['frame']): void {
    if (!this.hasEnded)
      this.wire.send(toBinary(SocketResponseSchema, create(SocketResponseSchema, { frame })));
  }

  /** Browsers answer by themselves; one that has not since the last time is gone without having said so. */
  private pingLater(): void {
    this.pinging = this.clock.after(socketLimits.pingEveryMs, () => {
      if (!this.isHeard) return this.wire.terminate();
      this.isHeard = false;
      this.wire.ping();
      this.pingLater();
    });
  }
}

/** 4401: sign in again. */
const closeCodes: Partial<Record<Code, number>> = { [Code.Unauthenticated]: 4401, [Code.Unavailable]: 1012 };

function frameOf(bytes: Uint8Array): SocketRequest['frame'] {
  try {
    return fromBinary(SocketRequestSchema, bytes).frame;
  } catch {
    return { case: undefined };
  }
}

function invalid(message: string): ConnectError {
  const details = [{ desc: ErrorInfoSchema, value: { reason: ErrorReason.INVALID } }];
  return new ConnectError(message, Code.InvalidArgument, undefined, details);
}

function tooMany(): ConnectError {
  const message = `This socket has ${socketLimits.mostStreams} streams, which is the most. End one first.`;
  const details = [{ desc: ErrorInfoSchema, value: { reason: ErrorReason.LIMIT_EXCEEDED } }];
  return new ConnectError(message, Code.ResourceExhausted, undefined, details);
}
