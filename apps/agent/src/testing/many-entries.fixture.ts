import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { ConditionStatus, ManifestIndexSchema, type PlacementReport } from '@ostler/contracts';
import { systemClock } from '@ostler/kernel';
import { createAgent } from '../agent';
import { ManifestIntake } from '../core/manifest-intake';
import { SiteDriver } from '../drivers/site';
import { createLinuxFiles } from '../host/fs';
import { FakeNet } from '../host/net/fake';
import { createLink } from '../link';
import { Reconciler } from '../reconcile';
import { openStore, RulesThread, sha256Of, type Store } from '../store';
import { NginxTarget } from '../targets/nginx';
import { createJsonLog } from '../telemetry';
import type { ManyInput, ManyResult } from './many-entries-scenario.fixture';
import { ReadyNginx } from './ready-nginx.fixture';

// One life of an agent with as many sites as a server may have: takes the offered manifest, makes it so, reports it.
// Everything is real but nginx itself, and runs in the heap that the agent is given.

const files = createLinuxFiles();
const clock = systemClock;
const MOST_REPORT_BYTES = 1024 * 1024;

/** In memory beside what is tested here, as in the agent: the rest of its code. */
export const restOfTheAgent = [createAgent, createLink];

async function main(): Promise<void> {
  const input = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as ManyInput;
  // The clock's timers do not keep a process alive.
  setInterval(() => undefined, 2 ** 30);
  const store = openStore(`${input.state}/store`);
  const nginx = new ReadyNginx(`${input.state}/hook.conf`);
  const net = new FakeNet();
  net.answer = (request) => nginx.answer(request);
  const log = createJsonLog({ clock, level: 'info', write: (line) => void process.stdout.write(line) });
  const target = new NginxTarget({
    files,
    net,
    clock,
    log: (line, fields) => log.info(line, fields),
    failpoint: () => undefined,
    folder: `${input.state}/nginx`,
    find: () => Promise.resolve({ found: true, runtime: nginx }),
  });
  const driver = new SiteDriver({ target, net, files, clock });
  const reconciler = new Reconciler({
    store,
    drivers: [driver],
    clock,
    log,
    release: () => Promise.reject(new Error('there are no releases')),
    statusChanged: () => undefined,
  });
  const rules = new RulesThread(join(import.meta.dirname, 'rules.cjs'), clock);
  const serverUid = (): string => input.serverUid;
  const intake = new ManifestIntake({ store, reconciler, rules, serverUid, log });
  reconciler.start();
  const refused = input.offered && (await offer(input.offered, store, intake));
  await reconciler.settled();
  // Everything is looked at once more, as it will be every minute from now on.
  reconciler.start();
  await reconciler.settled();
  const result: ManyResult = { refused, ready: takeReady(reconciler, store), reloads: nginx.reloads };
  await writeFile(input.result, JSON.stringify(result));
  process.exit(0);
}

/** As the lane does: the index is read, bodies that are lacking come one by one, then all of it is stored. */
async function offer(
  { index: path, bodies }: NonNullable<ManyInput['offered']>,
  { ledger }: Store,
  intake: ManifestIntake,
): Promise<unknown> {
  const index = new Uint8Array(readFileSync(path));
  const { epoch, revision, entries } = fromBinary(ManifestIndexSchema, index);
  for (const { bodySha256 } of entries) {
    const body = `${bodies}/${Buffer.from(bodySha256).toString('hex')}`;
    if (!ledger.has(bodySha256)) ledger.putBody(bodySha256, new Uint8Array(readFileSync(body)));
  }
  const outcome = await intake.take({ epoch, revision, sha256: sha256Of(index) }, index);
  return outcome.stored ? outcome.refused : outcome;
}

/** Sends reports in the pieces of the lane, and counts the resources that are Ready. */
function takeReady(reconciler: Reconciler, store: Store): number {
  reconciler.flushReports();
  let ready = 0;
  for (;;) {
    const { sequence, placements } = store.statuses.pending(MOST_REPORT_BYTES);
    if (placements.length === 0) return ready;
    ready += placements.filter(isReady).length;
    store.statuses.acknowledge(sequence);
  }
}

function isReady({ conditions }: PlacementReport): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === ConditionStatus.TRUE);
}

void main();
