import { createPublicKey } from 'node:crypto';
import {
  type AgentPackage,
  type AgentRelease,
  ErrorReason,
  OperationReport_State as State,
  type OperationStart,
  type SignedAgentRelease,
} from '@ostler/contracts';
import { AppError, messageOf, pause, type Clock } from '@ostler/kernel';
import { decodeAgentRelease, verifyAgentRelease } from '@ostler/link-protocol';
import type { BinaryPath, Units } from '../../host/exec';
import type { Files } from '../../host/fs';
import {
  downloadPackage,
  type FoundInstallation,
  type Installation,
  type PackageSource,
  ROLLBACK_AFTER_SECONDS,
  type RollbackUnits,
  type UpdateFolder,
  type UpdateRecord,
} from '../../updates';
import type { OperationContext, OperationKind, Outcome } from '../operation.port';
import { unitName } from '../running-operation';

export const RELEASE_KEY_FILE = '/etc/ostler/release-key.pub';

export interface UpdateAgentDeps {
  readonly files: Files;
  readonly units: Units;
  readonly clock: Clock;
  readonly source: PackageSource;
  readonly stateFolder: string;
  readonly folder: UpdateFolder;
  readonly rollback: Pick<RollbackUnits, 'isArmed' | 'fire'>;
  /** As uname says it. */
  readonly architecture: string;
  /** What runs. */
  readonly version: string;
  readonly installation: () => Promise<FoundInstallation>;
  /** Why the server's own policy forbids it; undefined when it does not. */
  readonly forbidden: () => Promise<string | undefined>;
  /** Resolves once this agent has proven itself after an update. */
  readonly settled: Promise<void>;
}

/** Free space that must be left when package, unpacked package and copy of the store are there. */
const SPARE_BYTES = 64 * 1024 * 1024;
/** Node is most of a package and packs to a third. */
const UNPACKED_TIMES = 4;
const SWITCH_TIMEOUT_MS = 5 * 60_000;
const SETTLE_TIMEOUT_MS = 2 * 60_000;
/** Armed and not fired for so long: it never began to run. */
const OVERDUE_MS = (ROLLBACK_AFTER_SECONDS + 30) * 1000;
const LOOK_EVERY_MS = 500;
const MOST_LOG_BYTES = 64 * 1024;

/**
 * Brings another version of the agent. What it did is in a record beside the store, so that whichever agent is
 * there afterwards tells the same story, once:
 *
 *   checked -> downloaded -> switching --(this agent ends here)--> the new agent, confirmed: SUCCEEDED
 *                                |                             '-> the old agent, rolled back: FAILED
 *                                '--nothing was switched: FAILED
 */
export function updateAgent(deps: UpdateAgentDeps): OperationKind {
  let busy: string | undefined;
  return {
    case: 'updateAgent',
    resumes: true,
    async run(context, start) {
      const record = await deps.folder.record();
      if (record?.operationUid === start.uid) return goOn(context, deps, record);
      if (busy !== undefined || record?.phase === 'switching' || (await deps.rollback.isArmed()))
        return failed('UPDATE_UNDER_WAY', 'Another update is not settled yet. Try again in a minute.');
      busy = start.uid;
      try {
        return await begin(context, deps, start);
      } finally {
        busy = undefined;
      }
    },
  };
}

async function begin(
  context: OperationContext,
  deps: UpdateAgentDeps,
  start: OperationStart,
): Promise<Outcome> {
  const { files, folder } = deps;
  const signed = start.operation.case === 'updateAgent' ? start.operation.value.release : undefined;
  if (!signed) return failed('INVALID', 'The operation names no release.');
  const found = await deps.installation();
  if (!found.found) return failed('CAPABILITY_MISSING', found.message);
  const forbidden = await deps.forbidden();
  if (forbidden !== undefined) return failed('POLICY_FORBIDS', forbidden);
  const release = await verified(signed, files);
  if (release.version === deps.version) return succeeded(`The agent runs ${release.version} already.`);
  const refusal = await refusalOf(release, found.installation, deps);
  if (refusal) return refusal;
  const wanted = release.packages.find(({ architecture }) => architecture === deps.architecture);
  if (!wanted) return failed('NO_PACKAGE', `The release has no package for ${deps.architecture}.`);
  await folder.make();
  await checkRoom(deps, found.installation, wanted);
  context.progress(5, 'Fetching the package');
  const progress = (bytes: number): void => tell(context, bytes, Number(wanted.size));
  const { source } = deps;
  const { signal } = context;
  const archive = await downloadPackage({ files, source, folder: folder.path, wanted, signal, progress });
  await files.writeAtomic(`${folder.path}/release.bin`, signed.release, { mode: 0o600 });
  await files.writeAtomic(`${folder.path}/signature.bin`, signed.signature, { mode: 0o600 });
  signal.throwIfAborted();
  const record: UpdateRecord = {
    operationUid: start.uid,
    phase: 'switching',
    home: found.installation.home,
    fromVersion: found.installation.version,
    toVersion: release.version,
    sequence: String(release.sequence),
    archive,
    switchUnit: unitName(start.uid, 'switch'),
    message: '',
  };
  await folder.write(record);
  context.progress(60, 'Switching');
  return switchOver(context, deps, record);
}

/** Whole percents only: each is a line in the database. */
function tell(context: OperationContext, bytes: number, size: number): void {
  const step = Math.max(1, Math.floor(size / 10));
  if (bytes % step < 262_144) context.progress(5 + Math.floor((50 * bytes) / size), 'Fetching the package');
}

/** @throws AppError DENIED with the reason that a person can act on. */
async function verified(signed: SignedAgentRelease, files: Files): Promise<AgentRelease> {
  const pem = await files.read(RELEASE_KEY_FILE);
  if (!pem) {
    throw new AppError(
      ErrorReason.CAPABILITY_MISSING,
      `${RELEASE_KEY_FILE} is missing: this server cannot tell whose release it is. Install the agent again.`,
    );
  }
  return verifyAgentRelease(signed, createPublicKey(Buffer.from(pem)));
}

/** Lower is refused, and so is what this server has run and that was signed before it. */
async function refusalOf(
  release: AgentRelease,
  { home, version }: Installation,
  { files, folder }: UpdateAgentDeps,
): Promise<Outcome | undefined> {
  const own = await files.read(`${home}/${version}/release.bin`);
  const sequences = [await folder.highest(), own ? decodeAgentRelease(own).sequence : 0n];
  const highest = sequences.reduce((one, other) => (one > other ? one : other));
  if (release.sequence >= highest) return undefined;
  return failed(
    'DOWNGRADE_REFUSED',
    `${release.version} (sequence ${release.sequence}) is older than what this server has run (${highest}).`,
  );
}

async function checkRoom(
  deps: UpdateAgentDeps,
  { home }: Installation,
  { size }: AgentPackage,
): Promise<void> {
  const { files, folder } = deps;
  const sizes = await Promise.all(
    (await files.list(folder.store)).map(
      async (name) => (await files.state(`${folder.store}/${name}`))?.size ?? 0,
    ),
  );
  const store = sizes.reduce((sum, one) => sum + one, 0);
  const wanted = Number(size) * (1 + UNPACKED_TIMES) + 2 * store + SPARE_BYTES;
  for (const path of [home, folder.path]) {
    const free = await files.freeBytes(path);
    if (free >= wanted) continue;
    throw new AppError(
      ErrorReason.LIMIT_EXCEEDED,
      `The disk of ${path} has ${free} bytes free and the update needs ${wanted}. Make room, then try again; the agent that runs goes on.`,
    );
  }
}

/**
 * From here on another agent may be the one that tells the end, and nothing but an end of this agent ends the
 * waiting: a cancelled switch would be one of which nobody knows how far it came.
 */
async function switchOver(
  context: OperationContext,
  deps: UpdateAgentDeps,
  record: UpdateRecord,
): Promise<Outcome> {
  const current = `${record.home}/${record.fromVersion}`;
  const outputPath = logOf(deps);
  await deps.files.removeTree(outputPath);
  await deps.units.start(
    record.switchUnit,
    {
      binary: `${current}/node` as BinaryPath,
      args: [`${current}/agent-updater.cjs`, 'switch', deps.stateFolder],
      timeoutMs: SWITCH_TIMEOUT_MS,
    },
    { outputPath },
  );
  return untilSettled(context, deps, record);
}

/** After a start of the agent in the middle of an update, or after its end. */
async function goOn(
  context: OperationContext,
  deps: UpdateAgentDeps,
  record: UpdateRecord,
): Promise<Outcome> {
  if (record.phase !== 'switching' || deps.version !== record.toVersion)
    return untilSettled(context, deps, record);
  await Promise.race([deps.settled, endOf(context.signal)]);
  return told(context, deps, (await deps.folder.record()) ?? record);
}

/** Until the unit has ended, and the timer, where it was armed, has settled what the unit left. */
async function untilSettled(
  context: OperationContext,
  deps: UpdateAgentDeps,
  record: UpdateRecord,
): Promise<Outcome> {
  const agentEnds = onlyEnd(context.signal);
  let sinceMs = deps.clock.monotonic();
  for (;;) {
    const latest = (await deps.folder.record()) ?? record;
    if (latest.phase !== 'switching') return told(context, deps, latest);
    const unit = await deps.units.state(record.switchUnit);
    const isArmed = await deps.rollback.isArmed();
    if (unit.state !== 'running' && !isArmed) return notSwitched(context, deps, latest);
    if (isArmed && deps.clock.monotonic() - sinceMs > OVERDUE_MS) {
      sinceMs = deps.clock.monotonic();
      await deps.rollback.fire();
    }
    await pause(deps.clock, LOOK_EVERY_MS, agentEnds);
    agentEnds.throwIfAborted();
  }
}

async function notSwitched(
  context: OperationContext,
  deps: UpdateAgentDeps,
  record: UpdateRecord,
): Promise<Outcome> {
  const said = await sayLog(context, deps);
  const why = said.trim().split('\n').at(-1) ?? '';
  const message = `Nothing was switched, ${record.fromVersion} goes on. ${why}`.trim();
  await deps.folder.write({ ...record, phase: 'rolled-back', message });
  await deps.files.removeTree(record.archive);
  await deps.units.release(record.switchUnit);
  return failed('NOT_SWITCHED', message);
}

async function told(
  context: OperationContext,
  deps: UpdateAgentDeps,
  record: UpdateRecord,
): Promise<Outcome> {
  await sayLog(context, deps);
  await deps.units.release(record.switchUnit);
  if (record.phase === 'rolled-back') return failed('ROLLED_BACK', record.message);
  const current = `${record.home}/${record.toVersion}`;
  // The timer would do it some seconds later.
  await context
    .unit('settle', {
      binary: `${current}/node` as BinaryPath,
      args: [`${current}/agent-updater.cjs`, 'settle', deps.stateFolder],
      timeoutMs: SETTLE_TIMEOUT_MS,
    })
    .catch((error: unknown) => context.say(`The timer will settle it: ${messageOf(error)}\n`));
  return succeeded(`The agent runs ${record.toVersion}; before it ran ${record.fromVersion}.`);
}

function logOf({ folder }: UpdateAgentDeps): string {
  return `${folder.path}/switch.log`;
}

/** What the switch said, once. */
async function sayLog(context: OperationContext, deps: UpdateAgentDeps): Promise<string> {
  const bytes = await deps.files.readPiece(logOf(deps), 0, MOST_LOG_BYTES);
  const text = Buffer.from(bytes ?? []).toString('utf8');
  if (text !== '') await context.say(text);
  await deps.files.removeTree(logOf(deps));
  return text;
}

/** Aborted when the agent ends, and by no cancel and no deadline. */
function onlyEnd(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const look = (): void => {
    if (signal.reason === 'detached') controller.abort('detached');
  };
  if (signal.aborted) look();
  else signal.addEventListener('abort', look, { once: true });
  return controller.signal;
}

async function endOf(signal: AbortSignal): Promise<never> {
  const agentEnds = onlyEnd(signal);
  await new Promise<void>((resolve) => {
    agentEnds.addEventListener('abort', () => resolve(), { once: true });
    if (agentEnds.aborted) resolve();
  });
  throw new Error('the agent ends');
}

function succeeded(message: string): Outcome {
  return { state: State.SUCCEEDED, message };
}

function failed(reason: string, message: string): Outcome {
  return { state: State.FAILED, reason, message };
}
