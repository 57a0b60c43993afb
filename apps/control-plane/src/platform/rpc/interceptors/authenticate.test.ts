import { LiveService, Permission, Role } from '@ostler/contracts';
import { FakeClock } from '@ostler/test-kit';
import { expect, it } from 'vitest';

import { type Call, type Caller, calls } from '../call';
import { newTrace } from '../trace';
import { authenticateAgain } from './authenticate';

const callerWith = (...permissions: Permission[]): Caller => ({
  actor: 'a@example.com',
  personUid: 'person',
  tenantUid: 'tenant',
  tenantUids: ['tenant'],
  role: Role.OPERATOR,
  permissions: new Set(permissions),
  mustChangePassword: false,
});

/** A stream that is open, and who its caller is found to be from now on. */
function open(found: () => Caller | undefined) {
  const clock = new FakeClock();
  let lookUps = 0;
  const authenticate = () => {
    lookUps++;
    return Promise.resolve(found());
  };
  const check = authenticateAgain({ authenticate }, clock);
  const call: Call = {
    service: LiveService,
    method: LiveService.method.watch,
    trace: newTrace(),
    address: '',
    header: new Headers(),
    secure: false,
    caller: callerWith(Permission.SIGNED_IN, Permission.AUDIT_READ),
    requestId: '',
    notes: [],
    auditSkipped: false,
    auditTenantUid: undefined,
  };
  return { clock, check: () => calls.run(call, check), lookUps: () => lookUps };
}

it('looks the caller of a stream up again now and then, not for every message', async () => {
  const stream = open(() => callerWith(Permission.SIGNED_IN, Permission.AUDIT_READ, Permission.PEOPLE_READ));
  for (let second = 0; second < 40; second++) {
    await stream.check();
    await stream.clock.advance(1_000);
  }
  expect(stream.lookUps()).toBe(2);
});

it.each([
  ['whose session has ended', () => undefined],
  ['who may do less than when it was opened', () => callerWith(Permission.SIGNED_IN)],
])('ends the stream of a caller %s', async (_who, found) => {
  const stream = open(found);
  await stream.check();
  await stream.clock.advance(15_000);
  await expect(stream.check()).rejects.toThrow('Connect again');
});
