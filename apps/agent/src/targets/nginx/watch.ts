import { pause, type Clock } from '@ostler/kernel';
import type { Net } from '../../host/net';
import { nginxMessage } from '../../host/nginx';
import type { NginxProcesses, NginxRuntime } from '../../host/nginx';
import type { ProbePoint, ServerFacts } from './contribution';

const LOAD_TIMEOUT_MS = 12_000;
const OLD_WORKERS_MS = 3_000;
const PROBE_TIMEOUT_MS = 4_000;
const ONE_PROBE_TIMEOUT_MS = 1_500;
const MOST_PROBED_SITES = 40;
/** How often is looked for new workers: soon at first, and never for more than a tenth of the time. */
const FIRST_LOOK_MS = 15;
const MOST_BETWEEN_LOOKS_MS = 500;
const LOOK_SHARE = 10;

/** How nginx looked before it was told to reload. */
export interface Before {
  readonly processes: NginxProcesses;
  readonly errorLogSize: number;
}

/** Undefined when nginx does not run. */
export async function lookBefore(runtime: NginxRuntime): Promise<Before | undefined> {
  const processes = await runtime.processes();
  if (!processes) return undefined;
  const { size } = await runtime.errorsAfter(Number.MAX_SAFE_INTEGER);
  return { processes, errorLogSize: size };
}

/** Who should answer after the reload. */
export interface Expected {
  readonly generation: string;
  readonly sites: readonly { readonly uid: string; readonly points: readonly ProbePoint[] }[];
}

export type Watched =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** Whether nginx took the new configuration: then it has to be told to go back. */
      readonly loaded: boolean;
      readonly message: string;
      /** Sites that are at fault by themselves, with why. */
      readonly offenders: ReadonlyMap<string, string>;
    };

export interface WatchEnvironment {
  readonly runtime: NginxRuntime;
  readonly net: Net;
  readonly clock: Clock;
  readonly facts: ServerFacts;
}

/**
 * Success is seen, not assumed: the same master, new workers, nothing new in the error log, and each changed
 * site answering with the new generation on each of its listeners.
 */
export async function watchReload(
  before: Before,
  expected: Expected,
  environment: WatchEnvironment,
): Promise<Watched> {
  const failure = await waitForWorkers(before, environment);
  if (failure) return failure;
  const offenders = await probeSites(expected, environment);
  if (offenders.size === 0) return { ok: true };
  const [message = ''] = offenders.values();
  return { ok: false, loaded: true, message, offenders };
}

async function waitForWorkers(
  before: Before,
  { runtime, clock }: WatchEnvironment,
): Promise<Watched | undefined> {
  const old = new Set(before.processes.workerPids);
  const begin = clock.monotonic();
  const end = begin + LOAD_TIMEOUT_MS;
  const failed = (message: string): Watched => ({ ok: false, loaded: false, message, offenders: new Map() });
  let complaint: string | undefined;
  let freshSince: number | undefined;
  for (let lookMs = begin; lookMs < end; lookMs = clock.monotonic()) {
    const { text } = await runtime.errorsAfter(before.errorLogSize);
    complaint = complaintOf(text, before.processes.masterPid);
    if (complaint !== undefined && !isStillTrying(text)) return failed(complaint);
    const now = await runtime.processes();
    if (!now || now.masterPid !== before.processes.masterPid)
      return { ...failed('nginx ended while it loaded the new configuration'), loaded: true } as Watched;
    const fresh = now.workerPids.filter((pid) => !old.has(pid));
    if (fresh.length > 0) freshSince ??= clock.monotonic();
    // An old worker that still accepts would answer as before: wait for it, unless it is stuck.
    const isAlone = fresh.length === now.workerPids.length;
    if (freshSince !== undefined && (isAlone || clock.monotonic() - freshSince > OLD_WORKERS_MS))
      return undefined;
    await pause(clock, untilNextLookMs(clock.monotonic() - begin, clock.monotonic() - lookMs));
  }
  return failed(complaint ?? `nginx started no new workers within ${LOAD_TIMEOUT_MS / 1000} s`);
}

/** Looking costs what nginx needs to load: on a slow server it is done less often. */
export function untilNextLookMs(elapsedMs: number, lookTookMs: number): number {
  const wanted = Math.max(FIRST_LOOK_MS + elapsedMs / 20, lookTookMs * LOOK_SHARE);
  return Math.min(wanted, MOST_BETWEEN_LOOKS_MS);
}

/** What the master says since the reload at the levels that mean "not loaded". */
export function complaintOf(log: string, masterPid: number): string | undefined {
  const lines = log
    .split('\n')
    .filter((line) => line.includes(` ${masterPid}#`) && /\[(emerg|alert)\]/.test(line));
  return lines.length === 0 ? undefined : nginxMessage(lines.join('\n'));
}

/** The master tries to bind five times in 2.5 s and hears no signal meanwhile; then it says "still could not". */
function isStillTrying(log: string): boolean {
  return /bind\(\) to .* failed \(98:/.test(log) && !log.includes('still could not bind()');
}

async function probeSites(expected: Expected, environment: WatchEnvironment): Promise<Map<string, string>> {
  const end = environment.clock.monotonic() + PROBE_TIMEOUT_MS;
  const offenders = new Map<string, string>();
  await Promise.all(
    expected.sites.slice(0, MOST_PROBED_SITES).map(async ({ uid, points }) => {
      for (const point of points) {
        const problem = await probePoint(uid, point, expected.generation, end, environment);
        if (problem !== undefined) return offenders.set(uid, problem);
      }
      return offenders;
    }),
  );
  return offenders;
}

/** Old workers answer for a moment longer, so another generation of the same site is asked again. */
async function probePoint(
  uid: string,
  { host, tls }: ProbePoint,
  generation: string,
  endMs: number,
  { net, clock, facts }: WatchEnvironment,
): Promise<string | undefined> {
  const port = tls ? facts.httpsPort : facts.httpPort;
  const request = {
    address: '127.0.0.1',
    port,
    path: facts.probePath,
    host,
    tls,
    timeoutMs: ONE_PROBE_TIMEOUT_MS,
  };
  for (;;) {
    const seen = await net.probe(request);
    if (seen.answered && seen.body === `${uid} ${generation}`) return undefined;
    if (clock.monotonic() > endMs) {
      if (!seen.answered)
        return `after the reload nothing answered for ${host} on port ${port}: ${seen.message}`;
      return `after the reload another server block answered for ${host} on port ${port} (status ${seen.status})`;
    }
    await pause(clock, 20);
  }
}
