import { LiveService, OperationService } from '@ostler/contracts';
import { linkOver, ostlerTransport, SocketLink, streamsOver, watchLive } from '@ostler/sdk';
import { createClient } from '@connectrpc/connect';
import { LiveHub } from './live-hub';

/** About a frame: what comes together is drawn once, and not three times by ten tabs. */
const GATHER_MS = 16;

/** The hub with its one WebSocket to the control plane at this origin. */
export function startHub(origin: string): LiveHub {
  const http = ostlerTransport({ baseUrl: origin });
  const link = new SocketLink({
    connect: () => new WebSocket(`${origin.replace(/^http/, 'ws')}/api/socket`),
    instead: linkOver(http, [LiveService, OperationService]),
  });
  const live = createClient(LiveService, streamsOver(link, http));
  return new LiveHub({
    link,
    watch: (options) => watchLive({ live }, options),
    soon: (run) => setTimeout(run, GATHER_MS),
  });
}
