import { newUid } from '@ostler/kernel';
import { HubClient, type HubPort } from './hub-client';
import type { FromTab, ToTab } from './hub-messages';

/**
 * The hub of this browser: in a shared worker, so that ten tabs have one WebSocket and one copy of what it
 * tells; in a browser without shared workers (Chrome on Android) in the page, so that each tab has its own.
 */
export function openHub(): HubClient {
  const lock = `ostler-tab-${newUid()}`;
  // Held until the tab is gone, in whatever way: the hub waits for it.
  void navigator.locks?.request(lock, () => new Promise(() => undefined));
  const client = new HubClient('SharedWorker' in globalThis ? sharedPort : ownPort, lock);
  window.addEventListener('pagehide', () => client.putAside(true));
  window.addEventListener('pageshow', ({ persisted }) => persisted && client.putAside(false));
  return client;
}

function sharedPort(): HubPort {
  const worker = new SharedWorker(new URL('./hub-worker.ts', import.meta.url), {
    type: 'module',
    name: 'ostler-live',
  });
  return worker.port;
}

/** Loaded only where it is needed. What is said meanwhile waits in the channel. */
function ownPort(): HubPort {
  const { port1: here, port2: there } = new MessageChannel();
  void import('./start-hub').then(({ startHub }) => {
    const tab = startHub(location.origin).add((message: ToTab) => there.postMessage(message));
    there.onmessage = ({ data }: MessageEvent<FromTab>) => tab.take(data);
  });
  return here;
}
