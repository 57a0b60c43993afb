import { type Condition, ConditionStatus, type PlacementStatus, type Resource } from '@ostler/contracts';
import { kindName } from './names';
import { safe } from './style';

/** Where something is wrong: what the commands of an advice are filled with. */
export interface Place {
  readonly kind: string;
  readonly name: string;
  /** The server that said it; empty when it is about all of them. */
  readonly server: string;
}

type Advice = (place: Place) => string;

const diagnose: Advice = ({ server }) =>
  `See all that the server can tell: ostler servers diagnose ${server}`;
const install: Advice = ({ server }) =>
  `Install nginx there: ostler operations start install-nginx --server ${server} --wait`;
const edit: Advice = ({ kind, name }) => `Change it: ostler edit ${kind} ${name}`;
const policy: Advice = ({ server }) =>
  `See what its administrator allows: ostler servers get ${server}. Only the file on that server changes it.`;

/** What to do about a reason, as a command where there is one. Reasons that heal by themselves have none. */
const adviceOf: Readonly<Record<string, Advice>> = {
  NGINX_MISSING: install,
  NGINX_UNAVAILABLE: diagnose,
  NGINX_RELOAD_FAILED: diagnose,
  NGINX_BROKEN: ({ server }) =>
    `See what nginx says of its configuration: ostler operations start test-nginx-configuration --server ${server} --wait`,
  NGINX_TEST_FAILED: ({ kind, name, server }) =>
    `See the files as they were refused: ostler operations start show-nginx-configuration --server ${server} --wait; then ostler edit ${kind} ${name}, or ostler history ${kind} ${name} and ostler revert`,
  DOMAIN_SHADOWED: () =>
    'Remove the domain from the file that the message names, or from the site; what others wrote is never touched.',
  UPSTREAM_UNHEALTHY: () =>
    'Start the program behind the site, or correct its address under spec.upstreams; this heals by itself then.',
  SOCKET_MISSING: () => 'Start the program that makes the socket; this heals by itself then.',
  EDITED_BY_HAND: ({ kind, name }) =>
    `Put it back: ostler edit ${kind} ${name} and set spec.driftPolicy to enforce; or take the change into the spec.`,
  POLICY_REFUSED: policy,
  OUTSIDE_POLICY: policy,
  AGENT_TOO_OLD: ({ server }) =>
    `Bring its agent up to date: ostler agents releases, then ostler agents update VERSION --server ${server}`,
  RELEASE_MISSING: ({ name }) => `Publish the content again: ostler site publish FOLDER --site ${name}`,
  REFERENCE_MISSING: edit,
  DNS_MISSING: () => 'Let the domain point to this server, then wait: it is tried again by itself.',
  PORT_80_CLOSED: () => 'Open port 80 to the outside, then wait: it is tried again by itself.',
  ANSWERED_BY_ANOTHER: () => 'Let the domain point to this server and to no other, then wait.',
  NO_SERVER: () => 'See the labels of your servers: ostler get servers. Label one, or change spec.placement.',
};

/** What to do next, the most urgent first, each once; empty when all is well. */
export function nextSteps(resource: Resource): string[] {
  const { meta, status } = resource;
  const place = { kind: kindName(meta?.kind ?? 0), name: safe(meta?.name ?? '') };
  const placements = status?.placementStatuses ?? [];
  const steps = placements.flatMap((placement) => stepsOfPlacement(placement, place));
  if (placements.length === 0)
    steps.push(...stepsOf(status?.conditions ?? [], { ...place, server: 'SERVER' }));
  return [...new Set(steps)];
}

function stepsOfPlacement(placement: PlacementStatus, of: Omit<Place, 'server'>): string[] {
  const place = { ...of, server: safe(placement.serverName) };
  const away = placement.stale
    ? [`Find out why the server does not answer: ostler servers check ${place.server}`]
    : [];
  return [...away, ...stepsOf(placement.conditions, place)];
}

function stepsOf(conditions: readonly Condition[], place: Place): string[] {
  return conditions.filter(isTrouble).flatMap(({ reason }) => adviceOf[reason]?.(place) ?? []);
}

/** Ready is trouble when it is not true; every other condition when it is. */
export function isTrouble({ type, status }: Condition): boolean {
  if (type === 'Ready') return status !== ConditionStatus.TRUE;
  return type !== 'Progressing' && status === ConditionStatus.TRUE;
}

/** Where the docs explain the reason of a condition; the control plane serves them itself. */
export function docsOf(url: string, reason: string): string {
  return new URL(`/docs/troubleshooting/conditions#${reason.toLowerCase()}`, url).href;
}

/** One sentence for a type of condition, for who sees it for the first time. */
export const meaningOf: Readonly<Record<string, string>> = {
  Ready: 'the server does what the spec says, at its present generation',
  Degraded: 'it works, but not all of it',
  Progressing: 'the server is on its way there',
  Drifted: 'a file was changed by hand on the server',
  Renewing: 'the certificate is about to be replaced by a newer one',
};
