import type { FromTab } from './hub-messages';
import { startHub } from './start-hub';

/** What a shared worker has that a page has not; the libraries of both together do not go into one program. */
interface SharedWorkerScope {
  onconnect: ((event: { readonly ports: readonly MessagePort[] }) => void) | null;
}

const hub = startHub(location.origin);

(globalThis as unknown as SharedWorkerScope).onconnect = ({ ports: [port] }) => {
  if (!port) return;
  const tab = hub.add((message) => port.postMessage(message));
  port.onmessage = ({ data }: MessageEvent<FromTab>) => {
    tab.take(data);
    if (data.kind === 'join') void whenFree(data.lock, tab.gone);
  };
};

/** A tab that crashed says no goodbye, but the browser frees what it held. */
async function whenFree(lock: string, gone: () => void): Promise<void> {
  await navigator.locks?.request(lock, () => undefined);
  if (navigator.locks) gone();
}
