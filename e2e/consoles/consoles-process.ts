import { create, toBinary } from '@bufbuild/protobuf';
import { LiveWatchRequest_Topic as Topic, LiveWatchRequestSchema } from '@ostler/contracts';
import { explainError, SocketLink } from '@ostler/sdk';

import type { ConsolesRequest, ConsolesView } from './messages';

/** Field 7 of LiveWatchResponse, length-delimited: `synced`. */
const SYNCED_TAG = (7 << 3) | 2;

const topics = [
  Topic.RESOURCES,
  Topic.SERVERS,
  Topic.OPERATIONS,
  Topic.AUDIT,
  Topic.ROLLOUTS,
  Topic.WAITING_SERVERS,
];
const request = toBinary(LiveWatchRequestSchema, create(LiveWatchRequestSchema, { topics }));
const seen = { live: 0, messages: 0, bytes: 0, lastAtMs: 0, ended: [] as string[] };

/** One browser's socket and live stream, read as fast as they come and not looked into. */
async function runConsole(url: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  // Node's WebSocket takes headers beside what browsers know.
  const connect = () => new WebSocket(url, { headers } as unknown as string[]);
  const link = new SocketLink({ connect });
  const never = new AbortController().signal;
  try {
    for await (const message of link.open('ostler.api.v1.LiveService/Watch', request, never)) {
      seen.messages += 1;
      seen.bytes += message.length;
      seen.lastAtMs = performance.timeOrigin + performance.now();
      if (message[0] === SYNCED_TAG) seen.live += 1;
    }
    seen.ended.push('it ended');
  } catch (error) {
    seen.ended.push(explainError(error).message);
  }
}

process.on('message', (message: ConsolesRequest) => {
  if (message.ask === 'open') {
    for (let index = 0; index < message.count; index++) void runConsole(message.url, message.token);
  }
  process.send?.(seen satisfies ConsolesView);
});
