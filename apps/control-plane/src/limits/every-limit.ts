import {
  ApplyRequestSchema,
  BeginReleaseRequestSchema,
  ChangePasswordRequestSchema,
  CreateApiTokenRequestSchema,
  CreateJoinTokenRequestSchema,
  Limit_Unit as Unit,
  ListRequestSchema,
  StartOperationRequestSchema,
} from '@ostler/contracts';

import { MOST_UPDATES_AT_ONCE } from '../agent-updates';
import type { ConfigValues, SettingName } from '../config';
import { DOWN_AFTER_MS, MOST_SELECTORS, MOST_WAITING_SERVERS, UNKNOWN_AFTER_MS } from '../fleet';
import { attemptsPerAddress, attemptsPerEmail, sessionIdleSeconds, sessionLongestSeconds } from '../identity';
import { MOST_AGENT_CONNECTIONS } from '../link';
import { MOST_OUTPUT_BYTES } from '../operations';
import { anonymousRate, callRate, largestRequestBytes, mutationRate } from '../platform/rpc';
import { MOST_RELEASE_BYTES } from '../releases';
import { MOST_BODY_BYTES, MOST_ENTRIES_PER_SERVER, MOST_WAITING_CHANGES } from '../resources';
import { leastCharacters, mostItems, mostValue } from './contract-bounds';

/** One limit in words; its value is taken from where it is enforced. */
export interface LimitText {
  readonly name: string;
  readonly title: string;
  /** What happens at it, and the way out. */
  readonly consequence: string;
  readonly value: number | bigint;
  readonly unit: Unit;
  /** What changes it. */
  readonly setting?: SettingName;
}

/** Every limit by what it belongs to, in the order in which people meet them. */
export function everyLimit({
  keep,
}: Pick<ConfigValues, 'keep'>): Readonly<Record<string, readonly LimitText[]>> {
  return {
    Resources: resourceLimits(),
    Servers: serverLimits(),
    Operations: operationLimits(),
    'Sign-in and tokens': signInLimits(),
    API: apiLimits(),
    Kept: keptTimes(keep),
  };
}

function resourceLimits(): readonly LimitText[] {
  return [
    {
      name: 'resources_per_apply',
      title: 'Resources in one Apply',
      consequence: 'The call is refused as a whole. Split the spec files over several calls.',
      value: mostItems(ApplyRequestSchema, 'resources'),
      unit: Unit.COUNT,
    },
    {
      name: 'compiled_bytes_per_resource',
      title: 'Size of one resource as a server gets it',
      consequence:
        'Apply is refused and names the resource. Take content out of the spec: publish it as files.',
      value: MOST_BODY_BYTES,
      unit: Unit.BYTES,
    },
    {
      name: 'placements_per_server',
      title: 'Resources placed on one server',
      consequence: 'Apply is refused and names the server. Place some of them on another one.',
      value: MOST_ENTRIES_PER_SERVER,
      unit: Unit.COUNT,
    },
    {
      name: 'release_files',
      title: 'Files in one published folder',
      consequence: 'The release is refused. Publish less, or pack what belongs together.',
      value: mostItems(BeginReleaseRequestSchema, 'files'),
      unit: Unit.COUNT,
    },
    {
      name: 'release_bytes',
      title: 'Size of one published folder',
      consequence: 'The release is refused. Serve large files from a folder of the server instead.',
      value: MOST_RELEASE_BYTES,
      unit: Unit.BYTES,
    },
    {
      name: 'waiting_changes',
      title: 'Changes that wait for their turn',
      consequence: 'Further ones are refused as UNAVAILABLE and change nothing. Try again in a moment.',
      value: MOST_WAITING_CHANGES,
      unit: Unit.COUNT,
    },
  ];
}

function serverLimits(): readonly LimitText[] {
  return [
    {
      name: 'agent_connections',
      title: 'Connections of agents to this control plane',
      consequence: 'Further ones are closed; their agents try again by themselves.',
      value: MOST_AGENT_CONNECTIONS,
      unit: Unit.COUNT,
    },
    {
      name: 'server_unknown_after',
      title: 'Silence after which a server is Unknown',
      consequence: 'Its last known state stays beside it. What it serves goes on.',
      value: UNKNOWN_AFTER_MS / 1000,
      unit: Unit.SECONDS,
    },
    {
      name: 'server_down_after',
      title: 'Silence after which a server is Down',
      consequence: 'The overview names it. What it serves goes on; look at the server and its network.',
      value: DOWN_AFTER_MS / 1000,
      unit: Unit.SECONDS,
    },
    {
      name: 'join_token_lifetime',
      title: 'Longest life of a join token',
      consequence: 'A longer one is refused. Make another one when it has ended.',
      value: mostValue(CreateJoinTokenRequestSchema, 'lifetime_seconds'),
      unit: Unit.SECONDS,
    },
    {
      name: 'join_token_uses',
      title: 'Servers that may join with one token',
      consequence: 'A token for more is refused. Make several.',
      value: mostValue(CreateJoinTokenRequestSchema, 'maximum_uses'),
      unit: Unit.COUNT,
    },
    {
      name: 'waiting_servers',
      title: 'Servers in the waiting room',
      consequence: 'Further ones are asked to come back later. Let in or turn away who waits.',
      value: MOST_WAITING_SERVERS,
      unit: Unit.COUNT,
    },
    {
      name: 'saved_selectors',
      title: 'Saved selectors',
      consequence: 'Another one is refused. Delete one that nobody uses.',
      value: MOST_SELECTORS,
      unit: Unit.COUNT,
    },
    {
      name: 'agent_updates_at_once',
      title: 'Agents of a rollout that update at once',
      consequence: 'The others of the stage wait for their turn.',
      value: MOST_UPDATES_AT_ONCE,
      unit: Unit.COUNT,
    },
  ];
}

function operationLimits(): readonly LimitText[] {
  return [
    {
      name: 'operation_deadline',
      title: 'Longest deadline of an operation',
      consequence: 'A longer one is refused. What has not ended by its deadline is ended as EXPIRED.',
      value: mostValue(StartOperationRequestSchema, 'deadline_seconds'),
      unit: Unit.SECONDS,
    },
    {
      name: 'operation_output',
      title: 'Output kept of one operation',
      consequence: 'What comes after it is not kept. The operation goes on.',
      value: MOST_OUTPUT_BYTES,
      unit: Unit.BYTES,
    },
  ];
}

function signInLimits(): readonly LimitText[] {
  return [
    {
      name: 'password_characters',
      title: 'Fewest characters of a password',
      consequence: 'A shorter one is refused.',
      value: leastCharacters(ChangePasswordRequestSchema, 'new_password'),
      unit: Unit.COUNT,
    },
    {
      name: 'attempts_per_email',
      title: 'Wrong passwords for one e-mail before it has to wait',
      consequence: `Each further one doubles the wait, to ${attemptsPerEmail.longestWaitSeconds} s at most.`,
      value: attemptsPerEmail.free,
      unit: Unit.COUNT,
    },
    {
      name: 'attempts_per_address',
      title: 'Wrong passwords from one address before it has to wait',
      consequence: `Each further one doubles the wait, to ${attemptsPerAddress.longestWaitSeconds} s at most.`,
      value: attemptsPerAddress.free,
      unit: Unit.COUNT,
    },
    {
      name: 'session_idle',
      title: 'Time without a call after which a session ends',
      consequence: 'Sign in again; what is typed on the page stays.',
      value: sessionIdleSeconds,
      unit: Unit.SECONDS,
    },
    {
      name: 'session_longest',
      title: 'Longest life of a session',
      consequence: 'Sign in again; what is typed on the page stays.',
      value: sessionLongestSeconds,
      unit: Unit.SECONDS,
    },
    {
      name: 'api_token_days',
      title: 'Longest life of an API token',
      consequence: 'A longer one is refused. Make another one before it ends.',
      value: mostValue(CreateApiTokenRequestSchema, 'lifetime_days'),
      unit: Unit.DAYS,
    },
  ];
}

function apiLimits(): readonly LimitText[] {
  return [
    {
      name: 'calls',
      title: 'Calls of one person or token',
      consequence: `Further ones are refused as THROTTLED and told when to try again; ${callRate.burst} may come at once.`,
      value: callRate.perSecond,
      unit: Unit.PER_SECOND,
    },
    {
      name: 'mutations',
      title: 'Changes of one person or token',
      consequence: `Further ones are refused as THROTTLED and told when to try again; ${mutationRate.burst} may come at once.`,
      value: mutationRate.perSecond,
      unit: Unit.PER_SECOND,
    },
    {
      name: 'anonymous_calls',
      title: 'Calls from one address that carry no valid credentials',
      consequence: `Further ones are refused as THROTTLED; ${anonymousRate.burst} may come at once.`,
      value: anonymousRate.perSecond,
      unit: Unit.PER_SECOND,
    },
    {
      name: 'request_bytes',
      title: 'Size of one request',
      consequence: 'A larger one is refused. Split it.',
      value: largestRequestBytes,
      unit: Unit.BYTES,
    },
    {
      name: 'page_size',
      title: 'Rows on one page of a list',
      consequence: 'More are refused. Go on with next_page_token.',
      value: mostValue(ListRequestSchema, 'page_size'),
      unit: Unit.COUNT,
    },
  ];
}

function keptTimes(keep: ConfigValues['keep']): readonly LimitText[] {
  const days = (
    name: string,
    title: string,
    consequence: string,
    value: number,
    setting: SettingName,
  ): LimitText => ({ name, title, consequence, value, unit: Unit.DAYS, setting });
  return [
    days(
      'keep_output',
      'Output of an operation, after its end',
      'The output goes; the operation and its result stay.',
      keep.outputDays,
      'OSTLER_KEEP_OUTPUT_DAYS',
    ),
    days(
      'keep_release',
      'A published folder that no site uses',
      'Its files go. Publish them again to use them.',
      keep.releaseDays,
      'OSTLER_KEEP_RELEASE_DAYS',
    ),
    {
      name: 'keep_release_revisions',
      title: 'Newest generations of a site whose folders are kept',
      consequence: 'A revert to an older one finds its files only while another one uses them.',
      value: keep.releaseRevisions,
      unit: Unit.COUNT,
      setting: 'OSTLER_KEEP_RELEASE_REVISIONS',
    },
    days(
      'keep_removal',
      'What was removed, for watches that were away',
      'A watch that was away longer begins anew with the present state.',
      keep.removalDays,
      'OSTLER_KEEP_REMOVAL_DAYS',
    ),
    days(
      'keep_secret',
      'Secrets of a resource that is gone from every server',
      'They are destroyed; a revert has to be given them again.',
      keep.secretDays,
      'OSTLER_KEEP_SECRET_DAYS',
    ),
  ];
}
