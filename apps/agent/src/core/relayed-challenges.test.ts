import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { ChallengeServeSchema } from '@ostler/contracts';
import { FakeClock } from '@ostler/test-kit';
import { expect, test } from 'vitest';
import type { ProbeOutcome } from '../host/net';
import { serveRelayedChallenge } from './relayed-challenges';

function parts(outcome: ProbeOutcome, port: number | undefined = 80) {
  const served = new Map<string, string>();
  const clock = new FakeClock();
  const challenges = {
    serve: (token: string, answer: string) => Promise.resolve(void served.set(token, answer)),
    withdraw: (token: string) => Promise.resolve(void served.delete(token)),
  };
  const deps = { challenges, clock, net: { probe: () => Promise.resolve(outcome) }, httpPort: () => port };
  const expiresAt = timestampFromMs(clock.now() + 60_000);
  const challenge = create(ChallengeServeSchema, {
    domain: 'a.test',
    token: 't',
    keyAuthorization: 't.k',
    expiresAt,
  });
  return { served, clock, deps, challenge };
}

const answer = (status: number, body: string): ProbeOutcome => ({
  answered: true,
  status,
  body,
  fingerprint: '',
});

test('it is served when this server was seen to answer it, until it expires', async () => {
  const { served, clock, deps, challenge } = parts(answer(200, 't.k\n'));
  await serveRelayedChallenge(challenge, deps);
  expect(served.get('t')).toBe('t.k');
  await clock.advance(60_000);
  expect(served.size).toBe(0);
});

test.each([
  [answer(404, 'no'), 'nginx answered 404 for a.test'],
  [answer(200, 'other'), 'nginx answered 200'],
  [{ answered: false, message: 'connection refused' } as const, 'connection refused'],
])('it says why this server does not answer', async (outcome, said) => {
  const { deps, challenge } = parts(outcome);
  await expect(serveRelayedChallenge(challenge, deps)).rejects.toThrow(said);
});

test('a server without nginx says so', async () => {
  const { deps, challenge } = parts(answer(200, 't.k'));
  await expect(serveRelayedChallenge(challenge, { ...deps, httpPort: () => undefined })).rejects.toThrow(
    'no nginx',
  );
});
