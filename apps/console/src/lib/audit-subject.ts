import { Kind } from '@ostler/contracts';
import type { LinkProps } from '@tanstack/react-router';
import { resourceLink } from './kinds';

/** What an entry of the audit is about, as far as the console can show it. */
interface AboutEntry {
  readonly subject: string;
  readonly resourceUid: string;
}

const settingsTabOf: Readonly<Record<string, string>> = {
  person: 'people',
  'API token': 'tokens',
  'Join token': 'join',
};

/**
 * Where that is shown; undefined for what has no page.
 *
 * @param isThere whether a resource still exists: one that is gone is found by its uid, whoever has its name now.
 */
export function subjectLink(
  { subject, resourceUid }: AboutEntry,
  isThere: (uid: string) => boolean,
): LinkProps | undefined {
  const [, word = '', name = ''] = /^(.*\S) (\S+)$/.exec(subject) ?? [];
  const kind = kindOfSubject(subject);
  if (kind !== undefined)
    return resourceLink(kind, resourceUid === '' || isThere(resourceUid) ? name : resourceUid);
  if (word === 'Server') return { to: '/servers/$name', params: { name } } as LinkProps;
  if (word === 'Operation') return { to: '/operations/$uid', params: { uid: name } } as LinkProps;
  if (word === 'Rollout') return { to: '/agents/$uid', params: { uid: name } } as LinkProps;
  if (subject === 'Agents') return { to: '/agents' };
  const tab = Object.entries(settingsTabOf).find(([title]) => subject.startsWith(`${title} `))?.[1];
  return tab === undefined ? undefined : { to: '/settings', search: { tab } };
}

/** The kind of the resource that a subject names. */
export function kindOfSubject(subject: string): Kind | undefined {
  const [, word] = /^(Site|Certificate) \S+$/.exec(subject) ?? [];
  if (word === undefined) return undefined;
  return word === 'Site' ? Kind.SITE : Kind.CERTIFICATE;
}
