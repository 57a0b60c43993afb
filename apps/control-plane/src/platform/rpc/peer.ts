import { createContextKey } from '@connectrpc/connect';

/** Where a request came from, as the listener saw it. */
export interface Peer {
  readonly address: string;
  /** True on a TLS listener, where cookies are Secure. */
  readonly secure: boolean;
}

export const peerKey = createContextKey<Peer>({ address: '', secure: false });
