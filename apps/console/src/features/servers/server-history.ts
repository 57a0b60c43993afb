import type { Timestamp } from '@bufbuild/protobuf/wkt';
import {
  type AuditEntry,
  AuditEntry_Outcome as Outcome,
  type Operation,
  type Resource,
  type Server,
} from '@ostler/contracts';
import type { LinkProps } from '@tanstack/react-router';
import { methodText, outcomeHealth } from '../../lib/audit';
import {
  hasEnded,
  type Health,
  type HealthState,
  operationHealth,
  placementHealth,
  serverHealth,
} from '../../lib/health';
import { kindWord, nameOf, resourceLink } from '../../lib/kinds';
import { operationTitle } from '../../lib/operations';
import { millisOf } from '../../lib/time';

export type HistoryKind = 'change' | 'operation' | 'state';

/** Something that happened on a server. */
export interface HistoryEvent {
  readonly key: string;
  readonly kind: HistoryKind;
  readonly at: Timestamp;
  readonly state: HealthState;
  readonly word: string;
  readonly title: string;
  readonly text: string;
  readonly link?: LinkProps | undefined;
}

/** What people did to it, what was run on it, and since when it and what is placed there are as they are; newest first. */
export function serverHistory(
  server: Server,
  placed: readonly Resource[],
  operations: readonly Operation[],
  entries: readonly AuditEntry[],
): readonly HistoryEvent[] {
  const events = [
    ...entries.filter((entry) => isAbout(entry, server)).map(ofEntry),
    ...operations.map(ofOperation),
    ...ofServer(server),
    ...placed.map((resource) => ofPlacement(resource, server.uid)),
  ];
  return events
    .filter((event) => event !== undefined)
    .sort((a, b) => (millisOf(b.at) ?? 0) - (millisOf(a.at) ?? 0) || a.key.localeCompare(b.key));
}

/** The start of an operation is told by the operation itself. */
function isAbout({ subject, method, outcome }: AuditEntry, { name }: Server): boolean {
  const isStart = outcome === Outcome.DONE && method.endsWith('OperationService/Start');
  return subject === `Server ${name}` && !isStart;
}

function ofEntry(entry: AuditEntry): HistoryEvent | undefined {
  if (!entry.createdAt) return undefined;
  return {
    key: entry.uid,
    kind: 'change',
    at: entry.createdAt,
    ...outcomeHealth(entry),
    title: methodText(entry.method),
    text: [entry.message, entry.actor].filter(Boolean).join(' · '),
    link: { to: '/activity', search: { about: entry.subject }, hash: entry.uid },
  };
}

function ofOperation(operation: Operation): HistoryEvent | undefined {
  const at = operation.endedAt ?? operation.startedAt ?? operation.createdAt;
  if (!at) return undefined;
  const { state, word } = operationHealth(operation);
  const said = hasEnded(operation) ? operation.message : operation.progressMessage;
  return {
    key: operation.uid,
    kind: 'operation',
    at,
    state,
    word,
    title: operationTitle(operation.spec),
    text: [said, operation.actor].filter(Boolean).join(' · '),
    link: { to: '/operations/$uid', params: { uid: operation.uid } } as LinkProps,
  };
}

/** The moments that the server itself keeps. */
function ofServer(server: Server): readonly (HistoryEvent | undefined)[] {
  const { state, word, message, since } = serverHealth(server);
  return [
    moment('joined', server.joinedAt, 'ready', 'Joined', 'It joined this control plane.'),
    moment('ended', server.lastDisconnectAt, 'unknown', 'Lane ended', server.lastDisconnect),
    moment('state', since, state, word, message),
    moment('revoked', server.revokedAt, 'failed', 'Revoked', 'Its trust was ended.'),
  ];
}

function moment(
  key: string,
  at: Timestamp | undefined,
  state: HealthState,
  word: string,
  text: string,
): HistoryEvent | undefined {
  return at && { key, kind: 'state', at, state, word, title: 'Server', text };
}

function ofPlacement(resource: Resource, serverUid: string): HistoryEvent | undefined {
  const placement = resource.status?.placementStatuses.find((one) => one.serverUid === serverUid);
  const health: Health | undefined = placement && placementHealth(placement);
  if (!health?.since) return undefined;
  return {
    key: resource.meta?.uid ?? '',
    kind: 'state',
    at: health.since,
    state: health.state,
    word: health.word,
    title: `${kindWord(resource.meta?.kind)} ${nameOf(resource)}`,
    text: health.state === 'ready' ? '' : health.message,
    link: resourceLink(resource.meta?.kind, nameOf(resource)),
  };
}
