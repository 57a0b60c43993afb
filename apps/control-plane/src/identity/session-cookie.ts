import { anyCall, type Call } from '../platform/rpc';

// The prefix makes browsers insist on Secure and on this very host; over plain loopback there is no Secure.
const secureName = '__Host-ostler_session';
const plainName = 'ostler_session';

/** The session token in the cookie of a request. */
export function readSessionCookie({ header, secure }: Pick<Call, 'header' | 'secure'>): string | undefined {
  const wanted = secure ? secureName : plainName;
  for (const pair of (header.get('cookie') ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === wanted) return value;
  }
  return undefined;
}

/** The Set-Cookie that keeps a session; without a token, the one that ends it. */
export function sessionCookie(token: string | undefined): string {
  const { secure } = anyCall();
  const attributes = `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
  const name = secure ? secureName : plainName;
  // Longer than any session: when it ends is decided here and not in the browser.
  return token ? `${name}=${token}; ${attributes}; Max-Age=2592000` : `${name}=; ${attributes}; Max-Age=0`;
}
