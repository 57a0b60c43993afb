import { create } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import {
  type CheckConnectionResponse,
  type CheckConnectionResponse_Step as Step,
  CheckConnectionResponse_StepSchema as StepSchema,
  CheckConnectionResponseSchema,
  type Server,
  Server_State,
} from '@ostler/contracts';
import { spanText } from './span-text';

/** What was looked at; `lane` is what this process sees of the agent now. */
export interface Seen {
  readonly server: Server;
  readonly nowMs: number;
  /** host:port that agents dial. */
  readonly agentAddress: string;
  readonly revokedReason: string;
  readonly lane?: { readonly sinceMs: number; readonly hasTelemetry: boolean; readonly answer: Answer };
}

/** A question to the agent: how long its answer took, or why there was none. */
export type Answer = { readonly ms: number } | { readonly failure: string };

/** As much as two machines with working time synchronisation may differ. */
const MOST_SKEW_MS = 5000;

/**
 * The steps from what is known to what is far away. The first of trust, lane and answer that fails ends them:
 * what lies behind it was not tried, and is not said.
 */
export function connectionSteps(seen: Seen): CheckConnectionResponse {
  const way = [trust(seen), controlLane(seen), roundTrip(seen)].filter((step) => step !== undefined);
  const broken = way.findIndex(({ passed }) => !passed);
  const walked = broken < 0 ? way : way.slice(0, broken + 1);
  const beside = broken < 0 ? [telemetry(seen), clock(seen), manifest(seen)] : [];
  const [first, ...rest] = walked;
  return create(CheckConnectionResponseSchema, {
    steps: [known(seen), first!, lastWord(seen), ...rest, ...beside],
    reachable: broken < 0,
    message: broken < 0 ? reachableText(seen, beside) : walked[broken]!.message,
  });
}

function reachableText({ server, lane }: Seen, beside: readonly Step[]): string {
  const answered = `The agent of ${server.name} answered in ${lane && 'ms' in lane.answer ? `${Math.round(lane.answer.ms)} ms` : 'time'}.`;
  const trouble = beside.find(({ passed }) => !passed);
  return trouble ? `${answered} ${trouble.message}` : answered;
}

function known({ server, nowMs }: Seen): Step {
  const since = server.joinedAt ? ` ${spanText(nowMs - timestampMs(server.joinedAt))} ago` : '';
  const runs = server.agentVersion ? `; its agent is ${server.agentVersion}` : '';
  return step('Known here', true, `${server.name} joined${since}${runs}.`);
}

function trust({ server, nowMs, revokedReason }: Seen): Step {
  const title = 'Trust';
  if (server.state === Server_State.REVOKED) {
    const why = revokedReason ? `: ${revokedReason}` : '';
    return step(
      title,
      false,
      `The trust of ${server.name} was ended${why}. It is not let in again; to put a machine in its place: ostler join-tokens create --replaces ${server.name}.`,
    );
  }
  if (server.hold) {
    return step(
      title,
      false,
      `${server.hold.message} Decide: ostler servers hold decide ${server.name} --is-the-server, or --is-a-copy.`,
    );
  }
  return step(title, true, certificateText(server, nowMs));
}

function certificateText({ certificateExpiresAt: end }: Server, nowMs: number): string {
  if (!end) return 'Its key is trusted; it has not shown its certificate yet.';
  const leftMs = timestampMs(end) - nowMs;
  if (leftMs > 0) return `Its certificate ends in ${spanText(leftMs)}; the agent renews it by itself.`;
  return `Its certificate ended ${spanText(-leftMs)} ago; when the agent is back it gets a new one with its key.`;
}

function lastWord({ server, nowMs, lane }: Seen): Step {
  const title = 'Last word';
  if (!server.lastSeenAt) return step(title, lane !== undefined, 'Nothing was ever heard of its agent.');
  const heard = `The last word came ${spanText(nowMs - timestampMs(server.lastSeenAt))} ago.`;
  const at = server.lastDisconnectAt;
  if (!at || !server.lastDisconnect) return step(title, lane !== undefined, heard);
  const ended = `The lane before ended ${spanText(nowMs - timestampMs(at))} ago: ${server.lastDisconnect}`;
  return step(title, lane !== undefined, `${heard} ${ended}`);
}

function controlLane({ server, nowMs, lane, agentAddress }: Seen): Step {
  const title = 'Control lane';
  if (lane) return step(title, true, `Open for ${spanText(nowMs - lane.sinceMs)}.`);
  const look = `look on the server at "systemctl status ostler-agent" and "journalctl -u ostler-agent -n 50", and whether it reaches ${agentAddress}`;
  if (server.state === Server_State.JOINED) {
    return step(title, false, `The agent of ${server.name} has joined and never came: ${look}.`);
  }
  const why = server.lastDisconnect ? ` ${server.lastDisconnect}` : '';
  return step(title, false, `The agent of ${server.name} is not connected.${why} To go on: ${look}.`);
}

function roundTrip({ server, lane }: Seen): Step | undefined {
  const title = 'To the agent and back';
  if (!lane) return undefined;
  if ('ms' in lane.answer) {
    const ms = Math.round(lane.answer.ms);
    return step(title, true, `The agent answered in ${ms} ms.`, ms);
  }
  return step(
    title,
    false,
    `The lane of ${server.name} is open, but its agent does not answer: ${lane.answer.failure} Restart it there: systemctl restart ostler-agent.`,
  );
}

function telemetry({ lane }: Seen): Step {
  const open = 'Open: output of operations comes in.';
  const closed = 'Closed, as nothing is to be sent; the agent opens it with the next output.';
  return step('Telemetry lane', true, lane?.hasTelemetry ? open : closed);
}

function clock({ server }: Seen): Step {
  const skewMs = Number(server.clockSkewMs);
  const size = Math.abs(skewMs);
  if (size <= MOST_SKEW_MS) return step('Clock', true, `In step within ${size} ms.`);
  const direction = skewMs > 0 ? 'ahead of' : 'behind';
  return step(
    'Clock',
    false,
    `The clock of ${server.name} is ${spanText(size)} ${direction} ours. Set it there: timedatectl set-ntp true.`,
  );
}

function manifest({ server }: Seen): Step {
  const { revision, storedRevision } = server;
  const title = 'Manifest';
  if (revision === storedRevision) {
    return step(
      title,
      true,
      revision === 0n ? 'Nothing is wanted there yet.' : `Revision ${revision} is stored there.`,
    );
  }
  return step(
    title,
    false,
    `Revision ${revision} is wanted and ${storedRevision === 0n ? 'none' : storedRevision} is stored: it is on its way, or was refused. The conditions of what is placed there say which.`,
  );
}

function step(title: string, passed: boolean, message: string, durationMs = 0): Step {
  return create(StepSchema, { title, passed, message, durationMs });
}
