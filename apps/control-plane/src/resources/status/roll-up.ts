import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type Condition, ConditionSchema, ConditionStatus, Kind } from '@ostler/contracts';

/** What the placements of one resource say together. */
export interface PlacementCounts {
  /** Tombstones excepted. */
  readonly placements: number;
  /** Connected, Ready, at the present generation. */
  readonly ready: number;
  /** On servers that are not connected. */
  readonly away: number;
  /** Tombstones. */
  readonly removing: number;
  /** One that says it is not ready at the present generation. */
  readonly failed?: { readonly serverName: string; readonly condition: Condition };
  /** Name of one server that is not connected, or has not reported. */
  readonly awayName?: string;
  readonly pendingName?: string;
  /** Types of conditions besides Ready that are true somewhere: Drifted, Degraded... */
  readonly raised?: readonly string[];
  /** The last known values of those away that are Ready. */
  readonly awayReady: number;
}

export interface RolledUp {
  readonly kind: Kind;
  readonly generation: bigint;
  readonly updatedAt: Date;
  readonly deletedAt: Date | null;
}

/** Ready of a resource: every placement Ready at the present generation. Pure. */
export function rollUpReady(resource: RolledUp, counts: PlacementCounts): Condition {
  const { status, reason, message } = judge(resource, counts);
  return create(ConditionSchema, {
    type: 'Ready',
    status,
    reason,
    message,
    observedGeneration: resource.generation,
    lastTransitionAt: counts.failed?.condition.lastTransitionAt ?? timestampFromDate(resource.updatedAt),
  });
}

/** The other conditions that are true on some server; which one, its placements tell. */
export function rollUpRaised(resource: RolledUp, { raised = [] }: PlacementCounts): Condition[] {
  return raised.map((type) =>
    create(ConditionSchema, {
      type,
      status: ConditionStatus.TRUE,
      reason: type.toUpperCase(),
      message: `${type} on a server; its placements tell where and why.`,
      observedGeneration: resource.generation,
    }),
  );
}

type Judgement = Pick<Condition, 'status' | 'reason' | 'message'>;

function judge(resource: RolledUp, counts: PlacementCounts): Judgement {
  const { placements, ready, away } = counts;
  if (resource.deletedAt) return no('REMOVING', removingMessage(counts));
  if (placements === 0) return no('NO_SERVER', noServerMessage(resource.kind));
  if (counts.failed) {
    const { serverName, condition } = counts.failed;
    return no(condition.reason || 'NOT_READY', `On ${serverName}: ${condition.message}`);
  }
  if (ready === placements)
    return { status: ConditionStatus.TRUE, reason: 'READY', message: readyMessage(placements) };
  if (away > 0) return unknown('SERVER_UNREACHABLE', awayMessage(counts));
  const waiting = counts.pendingName ?? 'its server';
  return unknown('PENDING', `Waiting for ${waiting} to report generation ${resource.generation}.`);
}

const no = (reason: string, message: string): Judgement => ({
  status: ConditionStatus.FALSE,
  reason,
  message,
});
const unknown = (reason: string, message: string): Judgement => ({
  status: ConditionStatus.UNKNOWN,
  reason,
  message,
});

const servers = (count: number): string => (count === 1 ? '1 server' : `${count} servers`);

const readyMessage = (placements: number): string => `Ready on ${servers(placements)}.`;

function removingMessage({ removing, awayName, away }: PlacementCounts): string {
  const waiting =
    away > 0 && awayName ? `; ${awayName} is not connected and will do so when it comes back` : '';
  return `Being removed from ${servers(removing)}${waiting}.`;
}

function awayMessage({ away, awayName, awayReady }: PlacementCounts): string {
  const name = away === 1 ? (awayName ?? 'Its server') : `${away} servers (${awayName ?? ''} among them)`;
  const last = awayReady === away ? 'Ready' : awayReady === 0 ? 'not Ready' : `Ready on ${awayReady} of them`;
  return `${name} ${away === 1 ? 'is' : 'are'} not connected; last known: ${last}. What it serves goes on.`;
}

function noServerMessage(kind: Kind): string {
  return kind === Kind.CERTIFICATE
    ? 'Nothing references it: name it in tls.certificate of a Site, and it is placed with that Site.'
    : 'It is on no server: its server was removed, or none carries the labels of its selector. Join or label one, or change placement.';
}
