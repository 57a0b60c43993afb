import { expect, test, vi } from 'vitest';
import { probeLocation } from './assemble';
import { block, directive, type Contribution, type ServerFacts } from './index';
import { startRealNginx } from './real-nginx.fixture';
import { startLoad } from './reload-under-load.fixture';

// Fifteen reloads, each watched, beside whatever else this machine does.
vi.setConfig({ testTimeout: 120_000 });

const UID = '00000000-0000-7000-8000-000000000001';

function page(text: string, facts: ServerFacts): Contribution {
  const server = block(
    'server',
    [],
    [
      directive('listen', `*:${facts.httpPort}`),
      directive('server_name', 'load.test'),
      probeLocation(UID, facts),
      block('location', ['/'], [directive('return', '200', text)]),
    ],
  );
  return {
    uid: UID,
    name: 'load',
    nodes: [server],
    files: [],
    domains: ['load.test'],
    probes: [{ host: 'load.test', tls: false }],
    ipv6: false,
    inputs: {},
  };
}

test.each([
  ['new connections', false],
  ['kept connections', true],
])('changes of a site under load on %s: no request fails', async (_, keepAlive) => {
  await using nginx = await startRealNginx();
  const facts = await nginx.target.prepare();
  if ('reason' in facts) throw new Error(facts.message);
  await nginx.target.submit(page('0', facts));
  const load = startLoad({ port: facts.httpPort, host: 'load.test', perSecond: 200, keepAlive });
  for (let change = 1; change <= 15; change += 1)
    expect(await nginx.target.submit(page(String(change), facts))).toMatchObject({ committed: true });
  const { sent, failed } = await load.end();
  expect(sent).toBeGreaterThan(200);
  expect(failed).toEqual([]);
});
