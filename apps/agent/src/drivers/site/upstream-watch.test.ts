import { create } from '@bufbuild/protobuf';
import { HealthCheckSchema, SiteSpecSchema } from '@ostler/contracts';
import type { Clock } from '@ostler/kernel';
import { expect, test } from 'vitest';
import { FakeNet } from '../../host/net/fake';
import { judge, newHealth } from './health';
import { DEFAULT_SITE_POLICY } from './policy';
import { UpstreamWatch } from './upstream-watch.loop';

/** Time that moves only when it is told to. */
class SteppedClock implements Clock {
  private nowMs = 0;
  private timers: { readonly atMs: number; readonly run: () => void }[] = [];
  now = (): number => this.nowMs;
  monotonic = (): number => this.nowMs;

  after(delayMs: number, run: () => void) {
    const timer = { atMs: this.nowMs + delayMs, run };
    this.timers.push(timer);
    return { cancel: () => void (this.timers = this.timers.filter((other) => other !== timer)) };
  }

  async advance(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    for (;;) {
      await new Promise((done) => setImmediate(done));
      const next = this.timers.filter((timer) => timer.atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = end;
  }
}

function setUp(host: string, healthCheck?: { path: string; intervalSeconds?: number }) {
  const [net, clock] = [new FakeNet(), new SteppedClock()];
  const watch = new UpstreamWatch({ net, clock, policy: () => DEFAULT_SITE_POLICY });
  const spec = create(SiteSpecSchema, {
    upstreams: [{ name: 'app', servers: [{ host, port: 80 }], healthCheck }],
  });
  const seen = { wakes: 0 };
  const follow = () => watch.follow('uid', spec, () => void (seen.wakes += 1));
  const addresses = () =>
    (watch.addresses('uid')['app'] ?? []).map(({ address, healthy }) => `${address} ${healthy}`);
  return { net, clock, watch, seen, follow, addresses };
}

test('a name is asked for again; a change wakes the site, no change does not', async () => {
  const { net, clock, seen, follow, addresses } = setUp('app.test');
  net.names.set('app.test', ['192.0.2.1']);
  await follow();
  expect(addresses()).toEqual(['192.0.2.1 true']);
  await clock.advance(40_000);
  expect(seen.wakes).toBe(0);
  net.names.set('app.test', ['192.0.2.2']);
  await clock.advance(20_000);
  expect(seen.wakes).toBe(1);
  expect(addresses()).toEqual(['192.0.2.2 true']);
});

test('when the resolver fails, the addresses that were known go on', async () => {
  const { net, clock, watch, follow, addresses } = setUp('app.test');
  net.names.set('app.test', ['192.0.2.1']);
  await follow();
  net.names.clear();
  await clock.advance(20_000);
  expect(addresses()).toEqual(['192.0.2.1 true']);
  expect(watch.health('uid')[0]).toMatchObject({
    healthy: false,
    message: expect.stringContaining('does not resolve'),
  });
});

test('a resolver that does not answer holds up the first render for three seconds at most', async () => {
  const { net, clock, seen, follow, addresses } = setUp('slow.test');
  let answer: (found: readonly string[]) => void = () => undefined;
  net.resolve = () => new Promise((resolve) => (answer = resolve));
  const following = follow();
  await clock.advance(3_000);
  await following;
  expect(addresses()).toEqual([]);
  answer(['192.0.2.1']);
  await clock.advance(1);
  expect(addresses()).toEqual(['192.0.2.1 true']);
  expect(seen.wakes).toBe(1);
});

test('checks go on in their interval, wake-ups come at most every two seconds, and end when forgotten', async () => {
  const { net, clock, watch, seen, follow, addresses } = setUp('192.0.2.1', {
    path: '/',
    intervalSeconds: 1,
  });
  let probes = 0;
  net.answer = () => void (probes += 1);
  await follow();
  await clock.advance(3_500);
  expect(addresses()).toEqual(['192.0.2.1 false']);
  expect(seen.wakes).toBe(1);
  net.answer = () => ({ answered: true, status: 204, body: '', fingerprint: '' });
  await clock.advance(4_000);
  expect(addresses()).toEqual(['192.0.2.1 true']);
  expect(seen.wakes).toBe(2);
  watch.forget('uid');
  probes = 0;
  net.answer = () => void (probes += 1);
  await clock.advance(10_000);
  expect(probes).toBe(0);
});

test('thresholds count in a row', () => {
  const check = create(HealthCheckSchema, {
    path: '/',
    unhealthyThreshold: 2,
    healthyThreshold: 2,
    expectedStatus: 204,
  });
  const good = { answered: true, status: 204, body: '', fingerprint: '' } as const;
  const bad = { ...good, status: 200 };
  const run = (outcomes: (typeof good | typeof bad)[]) =>
    outcomes.reduce((state, outcome) => judge(state, outcome, check), newHealth());
  expect(run([bad, good, bad]).healthy).toBe(true);
  expect(run([bad, bad])).toMatchObject({ healthy: false, message: 'answered 200 instead of 204' });
  expect(run([bad, bad, good, bad, good]).healthy).toBe(false);
  expect(run([bad, bad, good, good])).toMatchObject({ healthy: true, message: '' });
});
