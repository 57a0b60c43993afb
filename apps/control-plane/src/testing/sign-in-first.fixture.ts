import { createClient } from '@connectrpc/connect';
import { IdentityService } from '@ostler/contracts';

import { callAs } from './call-as.fixture';
import type { MortalControlPlane } from './mortal-control-plane.fixture';

const PASSWORD = 'a password for tests only';

/** Signs in with the first login and changes its password. Returns the session's token. */
export async function signInFirst(plane: MortalControlPlane): Promise<string> {
  const [email, password] = await plane.firstLogin();
  const { sessionToken } = await plane.call((url) =>
    createClient(IdentityService, callAs(url)).signIn({ email, password, withToken: true }),
  );
  const change = { currentPassword: password, newPassword: PASSWORD };
  await plane.call((url) => createClient(IdentityService, callAs(url, sessionToken)).changePassword(change));
  return sessionToken;
}
