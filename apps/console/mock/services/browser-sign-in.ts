import { create } from '@bufbuild/protobuf';
import { timestampFromMs, timestampNow } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import {
  type BrowserSignIn,
  BrowserSignInSchema,
  ErrorReason,
  type IdentityService,
  TakeBrowserSignInResponse_State as State,
} from '@ostler/contracts';
import { refusal } from '../refuse';
import { personOf } from '../sessions';
import type { World } from '../world';

const LIFETIME_MS = 600_000;

type Methods = Pick<
  ServiceImpl<typeof IdentityService>,
  'beginBrowserSignIn' | 'takeBrowserSignIn' | 'getBrowserSignIn' | 'decideBrowserSignIn'
>;

/** A program that is let in by whoever has its page open. The mock's secret is the code. */
export function browserSignInMethods(world: World): Methods {
  const waiting = (code: string): BrowserSignIn => {
    const found = world.browserSignIns.get(code);
    if (!found) throw refusal(ErrorReason.NOT_FOUND, 'Nobody waits with this code, or it has expired.');
    return found;
  };
  return {
    beginBrowserSignIn({ program, computer }) {
      const code = 'BCDF-GHJK';
      const expiresAt = timestampFromMs(Date.now() + LIFETIME_MS);
      const begun = { code, program, computer, address: '192.0.2.77', createdAt: timestampNow(), expiresAt };
      world.browserSignIns.set(code, create(BrowserSignInSchema, begun));
      return { secret: code, code, path: `/approve?code=${code}`, expiresAt, intervalSeconds: 1 };
    },
    takeBrowserSignIn: ({ secret }) => ({
      state: world.browserSignIns.has(secret) ? State.WAITING : State.EXPIRED,
    }),
    getBrowserSignIn: ({ code }) => ({ browserSignIn: waiting(code) }),
    decideBrowserSignIn({ code, approve }, context) {
      const browserSignIn = waiting(code);
      world.browserSignIns.delete(code);
      world.record({
        actor: personOf(context).email,
        method: 'ostler.api.v1.IdentityService/DecideBrowserSignIn',
        subject: `Program ${browserSignIn.program}`,
        message: approve ? 'Let in.' : 'Turned away.',
      });
      return { browserSignIn };
    },
  };
}
