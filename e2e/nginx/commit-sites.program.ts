import { readFile } from 'node:fs/promises';
import { create } from '@bufbuild/protobuf';
import { SiteSpecSchema } from '@ostler/contracts';
import { systemClock } from '@ostler/kernel';
import { renderSite } from '../../apps/agent/src/drivers/site/render/site';
import { createLinuxExec } from '../../apps/agent/src/host/exec';
import { createLinuxFiles } from '../../apps/agent/src/host/fs';
import { createLinuxNet } from '../../apps/agent/src/host/net';
import { findNginx } from '../../apps/agent/src/host/nginx';
import {
  NginxTarget,
  type Contribution,
  type Outcome,
  type ServerFacts,
} from '../../apps/agent/src/targets/nginx';

// Runs in a test server: one life of the nginx target, without the rest of the agent. Argument: the wish as a file.

export interface Wish {
  readonly sites: readonly {
    readonly number: number;
    readonly domains: readonly string[];
    readonly body: string;
    /** A line of configuration that nginx refuses. */
    readonly isBroken?: boolean;
  }[];
  readonly removed?: readonly number[];
  /** Plan the same sites once more in a shadow tree. */
  readonly preview?: true;
  /** What the upkeep does when an agent has been up for some minutes. */
  readonly upkeep?: true;
  /** Kill the process here. */
  readonly failpoint?: string;
}

export interface Report {
  readonly mode: string;
  readonly outcomes: readonly Outcome[];
  readonly preparedMs: number;
  readonly committedMs: number;
  readonly preview?: { readonly problem?: string };
  readonly log: readonly string[];
}

const FOLDER = '/var/lib/ostler-agent/nginx';

async function main(): Promise<void> {
  const wish = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as Wish;
  const [exec, files, net] = [createLinuxExec(), createLinuxFiles(), createLinuxNet()];
  const log: string[] = [];
  const target = new NginxTarget({
    files,
    net,
    clock: systemClock,
    log: (line, fields) => log.push(`${line} ${JSON.stringify(fields ?? {})}`),
    failpoint: (name) => {
      if (name === wish.failpoint) process.kill(process.pid, 'SIGKILL');
    },
    folder: FOLDER,
    find: () =>
      findNginx({ exec, files, net, clock: systemClock, folder: FOLDER, systemd: true, root: true }),
  });
  const alive = setInterval(() => undefined, 1000);
  const begin = performance.now();
  const facts = await target.prepare();
  if ('reason' in facts) throw new Error(facts.message);
  const runtime = await target.runtime();
  const prepared = performance.now();
  const contributions = wish.sites.map((site) => contributionOf(site, facts));
  const outcomes = await Promise.all([
    ...contributions.map((contribution) => target.submit(contribution)),
    ...(wish.removed ?? []).map((number) => target.remove(uidOf(number))),
  ]);
  const committedMs = performance.now() - prepared;
  if (wish.upkeep) await target.keepSettings();
  const preview = wish.preview
    ? await target.preview(new Map(contributions.map((contribution) => [contribution.uid, { contribution }])))
    : undefined;
  const report: Report = {
    mode: 'reason' in runtime ? runtime.reason : runtime.mode,
    outcomes,
    preparedMs: prepared - begin,
    committedMs,
    preview,
    log,
  };
  clearInterval(alive);
  process.stdout.write(JSON.stringify(report));
}

function uidOf(number: number): string {
  return `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

function contributionOf(site: Wish['sites'][number], facts: ServerFacts): Contribution {
  const handler = { answer: { case: 'fixedResponse' as const, value: { status: 200, body: site.body } } };
  const spec = create(SiteSpecSchema, { domains: [...site.domains], handler });
  const inputs = { upstreams: {}, releases: {}, passwords: {} };
  const contribution = renderSite(
    { uid: uidOf(site.number), name: `site-${site.number}` },
    spec,
    inputs,
    facts,
  );
  if (!site.isBroken) return contribution;
  return { ...contribution, nodes: [...contribution.nodes, { name: 'keepalive', args: ['1'] }] };
}

main().catch((error: unknown) => {
  process.stderr.write(String(error instanceof Error ? error.stack : error));
  process.exit(1);
});
