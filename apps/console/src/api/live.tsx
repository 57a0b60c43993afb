import {
  Kind,
  LiveWatchRequest_Topic as Topic,
  type Operation,
  type Resource,
  type Rollout,
  type Server,
  type WaitingServer,
} from '@ostler/contracts';
import { type ExplainedError, idleLiveState, type LiveState, type LiveWatch, watchLive } from '@ostler/sdk';
import {
  createContext,
  type ReactNode,
  use,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { resourcesOfKind } from './by-kind';
import { type LiveData, LiveStore } from './live-store';
import { useOstler } from './ostler';

interface Live {
  readonly store: LiveStore;
  readonly state: LiveState;
  readonly reconnect: () => void;
}

const LiveContext = createContext<Live | undefined>(undefined);

const TOPICS = [
  Topic.RESOURCES,
  Topic.SERVERS,
  Topic.OPERATIONS,
  Topic.AUDIT,
  Topic.ROLLOUTS,
  Topic.WAITING_SERVERS,
];

/** A flush in a hidden tab must not wait for a frame that never comes. */
function soon(flush: () => void): void {
  if (document.hidden) setTimeout(flush, 200);
  else requestAnimationFrame(flush);
}

/**
 * Opens the one stream of this tab and keeps its store.
 *
 * @param visit counts the sign-ins of this tab: another one opens the stream anew, over what is shown.
 */
export function LiveProvider({
  children,
  visit,
  onSignedOut,
}: {
  children: ReactNode;
  visit: number;
  onSignedOut: (why: ExplainedError) => void;
}) {
  const ostler = useOstler();
  const [store] = useState(() => new LiveStore(soon));
  const [state, setState] = useState<LiveState>(idleLiveState);
  const watch = useRef<LiveWatch>(undefined);
  useEffect(() => {
    const opened = watchLive(ostler, {
      topics: TOPICS,
      onBegin: () => store.begin(),
      onEvent: (event) => store.take(event),
      onState: (next) => {
        setState(next);
        if (next.phase === 'stopped' && next.error) onSignedOut(next.error);
      },
    });
    watch.current = opened;
    const retry = (): void => opened.retryNow();
    window.addEventListener('online', retry);
    return () => {
      window.removeEventListener('online', retry);
      opened.stop();
    };
  }, [ostler, store, visit, onSignedOut]);
  const live = useMemo(() => ({ store, state, reconnect: () => watch.current?.retryNow() }), [store, state]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

function useLiveContext(): Live {
  const live = use(LiveContext);
  if (!live) throw new Error('Live data needs a LiveProvider above it.');
  return live;
}

export function useLiveStore(): LiveStore {
  return useLiveContext().store;
}

/** How old what is shown may be. */
export function useLiveState(): LiveState & { readonly reconnect: () => void } {
  const { state, reconnect } = useLiveContext();
  return { ...state, reconnect };
}

export function useLiveData(): LiveData {
  const { store } = useLiveContext();
  return useSyncExternalStore(store.subscribe, store.snapshot);
}

/** All resources of one kind, by name. */
export function useResources(kind: Kind): readonly Resource[] {
  return resourcesOfKind(useLiveData().resources, kind);
}

export function useResource(kind: Kind, name: string): Resource | undefined {
  const { resources } = useLiveData();
  return useMemo(
    () => resourcesOfKind(resources, kind).find(({ meta }) => meta?.name === name),
    [resources, kind, name],
  );
}

/** All servers, by name. */
export function useServers(): readonly Server[] {
  const { servers } = useLiveData();
  return useMemo(() => [...servers.values()].sort((a, b) => a.name.localeCompare(b.name)), [servers]);
}

/** The operations that the stream knows, newest first. */
export function useOperations(): readonly Operation[] {
  const { operations } = useLiveData();
  return useMemo(() => [...operations.values()].sort((a, b) => b.uid.localeCompare(a.uid)), [operations]);
}

/** Servers that wait to be let in, who came first first. */
export function useWaitingServers(): readonly WaitingServer[] {
  const { waiting } = useLiveData();
  return useMemo(() => [...waiting.values()].sort((a, b) => a.uid.localeCompare(b.uid)), [waiting]);
}

/** Rollouts of agents, newest first. */
export function useRollouts(): readonly Rollout[] {
  const { rollouts } = useLiveData();
  return useMemo(() => [...rollouts.values()].sort((a, b) => b.uid.localeCompare(a.uid)), [rollouts]);
}
