import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';

// Not by import: that reads every export of the module, and one of them loads all of fetch, which takes longer than
// the rest of a command.
const load = createRequire(import.meta.url);

export interface Posted {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** One request and its whole answer. @throws TypeError as fetch does when there is none; AbortError */
export async function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  signal?: AbortSignal,
): Promise<Posted> {
  const name = url.protocol === 'https:' ? 'node:https' : 'node:http';
  const { request } = load(name) as typeof import('node:http');
  const length = { 'content-length': String(body.length) };
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { method: 'POST', headers: { ...headers, ...length }, signal };
      request(url, options, resolve).once('error', reject).end(body);
    });
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await wholeOf(answer) };
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new TypeError('There was no answer.', { cause: error });
  }
}

async function wholeOf(answer: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of answer) pieces.push(piece as Uint8Array);
  return Uint8Array.from(Buffer.concat(pieces));
}
