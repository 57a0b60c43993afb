import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  LiveWatchRequestSchema,
  type LiveWatchRequest_Topic,
  type LiveWatchResponse,
  LiveWatchResponseSchema,
  SocketRequestSchema,
  type SocketResponse,
  SocketResponseSchema,
} from '@ostler/contracts';
import { WebSocket } from 'ws';

type Frame = SocketResponse['frame'];

/** A client of the socket as simple as can be, and all that it was sent. */
export class TestClient {
  readonly frames: Frame[] = [];
  closeCode: number | undefined;
  private readonly listeners = new Set<() => void>();

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      this.frames.push(fromBinary(SocketResponseSchema, data).frame);
      this.tell();
    });
    socket.on('close', (code) => {
      this.closeCode = code;
      this.tell();
    });
  }

  /** Rejects with the status of the answer when the socket is refused. */
  static connect(url: string, headers: Record<string, string>): Promise<TestClient> {
    const socket = new WebSocket(url, { headers, rejectUnauthorized: false });
    const client = new TestClient(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(client));
      socket.once('unexpected-response', (_request, response) => {
        reject(new Error(`refused with ${response.statusCode}`));
        socket.terminate();
      });
      socket.on('error', reject);
    });
  }

  say(frame: MessageInitShape<typeof SocketRequestSchema>['frame']): void {
    this.socket.send(toBinary(SocketRequestSchema, create(SocketRequestSchema, { frame })));
  }

  watch(stream: number, topics: LiveWatchRequest_Topic[], resume: Uint8Array = new Uint8Array()): void {
    const request = toBinary(LiveWatchRequestSchema, create(LiveWatchRequestSchema, { topics, resume }));
    this.say({ case: 'open', value: { stream, method: 'ostler.api.v1.LiveService/Watch', request } });
  }

  /** The live events of a stream so far. */
  events(stream: number): LiveWatchResponse['event'][] {
    return this.frames.flatMap((frame) =>
      frame.case === 'messages' && frame.value.stream === stream
        ? frame.value.messages.map((bytes) => fromBinary(LiveWatchResponseSchema, bytes).event)
        : [],
    );
  }

  ends() {
    return this.frames.flatMap((frame) => (frame.case === 'end' ? [frame.value] : []));
  }

  /** Resolves with what is found, at once or when more has come. */
  async until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.listeners.add(resolve));
    }
  }

  leave(): void {
    this.socket.terminate();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
    this.listeners.clear();
  }
}
