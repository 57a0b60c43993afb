import { connect, type Socket } from 'node:net';
import { encodeFrame, FRAME_BYTES_MAX, type Frame, FrameDecoder } from './channel-frames';

/** How a program on a server ended, and what it wrote. */
export interface ExecOutput {
  /** The exit code, or 128 + the signal's number where a signal ended it; 127 where it could not be started. */
  readonly code: number;
  readonly signal: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly input?: string | Uint8Array;
  /** After this the program's process group is killed and the call fails. Default 60,000. */
  readonly timeoutMs?: number;
  /** Called with each piece of stdout as it comes, for what should be watched while it runs. */
  readonly onStdout?: (bytes: Buffer) => void;
}

export interface RawOutput {
  readonly code: number;
  readonly signal: number | undefined;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Runs programs on one server by the command channel of its image, one TCP connection each. */
export class CommandChannel {
  readonly #address: string;
  readonly #port: number;
  readonly #open = new Set<Socket>();

  constructor(address: string, port: number) {
    this.#address = address;
    this.#port = port;
  }

  /** Never rejects for an exit code; rejects when the connection breaks or the time is over. */
  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<RawOutput> {
    if (argv.some((argument) => argument.includes('\0'))) throw new Error('an argument holds a NUL');
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const socket = connect({ host: this.#address, port: this.#port, noDelay: true });
    this.#open.add(socket);
    const timer = setTimeout(
      () => socket.destroy(new Error(`${argv.join(' ')} was still running after ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      const [output] = await Promise.all([
        collect(socket, argv, options.onStdout),
        feed(socket, argv, options.input),
      ]);
      return output;
    } finally {
      clearTimeout(timer);
      this.#open.delete(socket);
      socket.destroy();
    }
  }

  /** Fails every running command: the server that ran them is gone. */
  abandon(reason: string): void {
    for (const socket of this.#open) socket.destroy(new Error(reason));
  }
}

async function feed(socket: Socket, argv: readonly string[], input: string | Uint8Array = ''): Promise<void> {
  await send(socket, encodeFrame('a', Buffer.from(argv.join('\0'))));
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  for (let at = 0; at < bytes.length; at += FRAME_BYTES_MAX) {
    await send(socket, encodeFrame('i', bytes.subarray(at, at + FRAME_BYTES_MAX)));
  }
  await send(socket, encodeFrame('c', Buffer.alloc(0)));
}

/** Settles when the bytes are on their way, or can never be: a program may end before it has read all its input. */
async function send(socket: Socket, frame: Buffer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.write(frame, () => resolve());
  await promise;
}

function collect(
  socket: Socket,
  argv: readonly string[],
  onStdout: ((bytes: Buffer) => void) | undefined,
): Promise<RawOutput> {
  const { promise, resolve, reject } = Promise.withResolvers<RawOutput>();
  const decoder = new FrameDecoder();
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const take = ({ letter, payload }: Frame) => {
    if (letter === 'o') {
      stdout.push(payload);
      onStdout?.(payload);
    } else if (letter === 'e') stderr.push(payload);
    else if (letter === 'x') {
      resolve({
        ...parseEnd(payload.toString()),
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr),
      });
    }
  };
  socket.on('data', (piece) => {
    for (const frame of decoder.decode(piece)) take(frame);
  });
  socket.on('error', reject);
  socket.on('close', () => reject(new Error(`the connection closed before ${argv.join(' ')} ended`)));
  return promise;
}

function parseEnd(text: string): { code: number; signal: number | undefined } {
  const [kind, number] = text.split(' ');
  return kind === 'signal'
    ? { code: 128 + Number(number), signal: Number(number) }
    : { code: Number(number), signal: undefined };
}
