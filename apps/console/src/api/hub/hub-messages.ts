import type { LiveWatchRequest_Topic } from '@ostler/contracts';
import type { LiveState, StreamEnd } from '@ostler/sdk';

/** What a tab says to the hub of its browser. */
export type FromTab =
  /** Wants the live data, as this person. The lock is held as long as the tab lives. */
  | { readonly kind: 'join'; readonly who: string; readonly lock: string }
  | { readonly kind: 'leave' }
  /** So many messages with events have been worked off. */
  | { readonly kind: 'had'; readonly messages: number }
  | { readonly kind: 'retry' }
  | { readonly kind: 'signed-out' }
  | {
      readonly kind: 'open';
      readonly stream: number;
      readonly method: string;
      readonly request: Uint8Array;
    }
  | { readonly kind: 'taken'; readonly stream: number; readonly bytes: number }
  | { readonly kind: 'close'; readonly stream: number };

/** What the hub says to a tab. Events and messages are binary: they are decoded where they are shown. */
export type ToTab =
  | { readonly kind: 'state'; readonly state: LiveState }
  | { readonly kind: 'begin'; readonly resumed: readonly LiveWatchRequest_Topic[] }
  | { readonly kind: 'events'; readonly events: readonly Uint8Array[] }
  /** The person signed out in another tab, or somebody else signed in. */
  | { readonly kind: 'session-over' }
  | { readonly kind: 'message'; readonly stream: number; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly end: StreamEnd };
