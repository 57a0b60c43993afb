import {
  Kind,
  type LiveWatchRequest_Topic as Topic,
  type Operation,
  type Resource,
  type Rollout,
  type Server,
  type WaitingServer,
} from '@ostler/contracts';
import {
  type ExplainedError,
  idleLiveState,
  type LiveEvent,
  type LiveState,
  type LiveWatch,
} from '@ostler/sdk';
import {
  createContext,
  type ReactNode,
  use,
  useDeferredValue,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { resourcesOfKind } from './by-kind';
import { HubContext } from './hub/hub-context';
import { type LiveData, LiveStore } from './live-store';
import { useOstler } from './ostler';
import { SessionContext } from './session';
import { watchAlone } from './watch-alone';

interface Live {
  readonly store: LiveStore;
  readonly state: LiveState;
  readonly reconnect: () => void;
  readonly isHeld: boolean;
  readonly hold: (isHeld: boolean) => void;
}

const LiveContext = createContext<Live | undefined>(undefined);
/** Apart from the state, which changes with every beat: who shows data is not drawn again for that. */
const StoreContext = createContext<LiveStore | undefined>(undefined);

/** A flush in a hidden tab must not wait for a frame that never comes. */
function soon(flush: () => void): void {
  if (document.hidden) setTimeout(flush, 100);
  else requestAnimationFrame(flush);
}

/**
 * Keeps the store of this tab live, from what all tabs of the browser share or, where there is no such thing,
 * by a stream of its own.
 *
 * @param visit counts the sign-ins of this tab: another one begins anew, over what is shown.
 */
export function LiveProvider({
  children,
  visit,
  onSignedOut,
  onLive,
}: {
  children: ReactNode;
  visit: number;
  onSignedOut: (why: ExplainedError) => void;
  /** It has become live: somebody is signed in, perhaps again in another tab. */
  onLive?: () => void;
}) {
  const ostler = useOstler();
  const hub = use(HubContext);
  const who = use(SessionContext)?.person?.uid ?? '';
  const [store] = useState(() => new LiveStore(soon));
  const [state, setState] = useState<LiveState>(idleLiveState);
  const [isHeld, setHeld] = useState(false);
  const watch = useRef<LiveWatch>(undefined);
  const phase = useRef(idleLiveState.phase);
  useEffect(() => {
    const options = {
      onBegin: (resumed: readonly Topic[]) => store.begin(resumed),
      onEvent: (event: LiveEvent) => store.take(event),
      onState: (next: LiveState) => {
        const wasLive = phase.current === 'live';
        phase.current = next.phase;
        setState(next);
        if (next.phase === 'stopped' && next.error) onSignedOut(next.error);
        if (next.phase === 'live' && !wasLive) onLive?.();
      },
    };
    const opened = hub ? hub.watch({ ...options, who }) : watchAlone(ostler, options);
    watch.current = opened;
    const retry = (): void => opened.retryNow();
    window.addEventListener('online', retry);
    return () => {
      window.removeEventListener('online', retry);
      opened.stop();
    };
  }, [ostler, hub, who, store, visit, onSignedOut, onLive]);
  const live = useMemo(() => {
    const hold = (hold: boolean): void => {
      store.hold(hold);
      setHeld(hold);
    };
    return { store, state, reconnect: () => watch.current?.retryNow(), isHeld, hold };
  }, [store, state, isHeld]);
  return (
    <StoreContext value={store}>
      <LiveContext value={live}>{children}</LiveContext>
    </StoreContext>
  );
}

function useLiveContext(): Live {
  const live = use(LiveContext);
  if (!live) throw new Error('Live data needs a LiveProvider above it.');
  return live;
}

export function useLiveStore(): LiveStore {
  const store = use(StoreContext);
  if (!store) throw new Error('Live data needs a LiveProvider above it.');
  return store;
}

/** What is shown stays as it is while it is held; so many changes wait since then. */
export function useHold() {
  const { store, isHeld, hold } = useLiveContext();
  return { isHeld, hold, changes: store.heldChanges };
}

/** How old what is shown may be. */
export function useLiveState(): LiveState & { readonly reconnect: () => void } {
  const { state, reconnect } = useLiveContext();
  return { ...state, reconnect };
}

/** One part of the live data; who shows it is drawn again only when that part changes. */
export function useLivePart<K extends keyof LiveData>(part: K): LiveData[K] {
  const store = useLiveStore();
  return useSyncExternalStore(store.subscribe, () => store.snapshot()[part]);
}

export function useLiveData(): LiveData {
  const store = useLiveStore();
  return useSyncExternalStore(store.subscribe, store.snapshot);
}

const MANY = 2000;
const NONE: LiveData['resources'] = new Map();

/** All resources of one kind, by name. */
export function useResources(kind: Kind): readonly Resource[] {
  const resources = useLivePart('resources');
  const isLong = resources.size > MANY;
  // Work on a long list waits for a key that is pressed; a short one is drawn at once, and once.
  const deferred = useDeferredValue(isLong ? resources : NONE);
  return resourcesOfKind(isLong && deferred !== NONE ? deferred : resources, kind);
}

export function useResource(kind: Kind, name: string): Resource | undefined {
  const resources = useLivePart('resources');
  return useMemo(
    () => resourcesOfKind(resources, kind).find(({ meta }) => meta?.name === name),
    [resources, kind, name],
  );
}

/** All servers, by name. */
export function useServers(): readonly Server[] {
  const servers = useLivePart('servers');
  return useMemo(() => [...servers.values()].sort((a, b) => a.name.localeCompare(b.name)), [servers]);
}

/** The operations that the stream knows, newest first. */
export function useOperations(): readonly Operation[] {
  const operations = useLivePart('operations');
  return useMemo(() => [...operations.values()].sort((a, b) => b.uid.localeCompare(a.uid)), [operations]);
}

/** Servers that wait to be let in, who came first first. */
export function useWaitingServers(): readonly WaitingServer[] {
  const waiting = useLivePart('waiting');
  return useMemo(() => [...waiting.values()].sort((a, b) => a.uid.localeCompare(b.uid)), [waiting]);
}

/** Rollouts of agents, newest first. */
export function useRollouts(): readonly Rollout[] {
  const rollouts = useLivePart('rollouts');
  return useMemo(() => [...rollouts.values()].sort((a, b) => b.uid.localeCompare(a.uid)), [rollouts]);
}
