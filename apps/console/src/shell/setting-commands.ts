import { Permission } from '@ostler/contracts';
import { useQuery } from '@tanstack/react-query';
import { Gauge, KeyRound, Settings, UserRound } from 'lucide-react';
import { useMemo } from 'react';
import { useOstler } from '../api/ostler';
import { useSession } from '../api/session';
import { settingsTabs } from '../lib/settings-tabs';
import type { Command } from './commands';

const FRESH_MS = 30_000;

/** People, tokens, limits and the parts of the settings; read when the palette opens. */
export function useSettingCommands(): readonly Command[] {
  const ostler = useOstler();
  const { permissions } = useSession();
  const people = useQuery({
    queryKey: ['people'],
    staleTime: FRESH_MS,
    enabled: permissions.includes(Permission.PEOPLE_READ),
    queryFn: ({ signal }) => ostler.identity.listPeople({}, { signal }),
  }).data?.people;
  const tokens = useQuery({
    queryKey: ['api-tokens'],
    staleTime: FRESH_MS,
    queryFn: ({ signal }) => ostler.identity.listApiTokens({}, { signal }),
  }).data?.apiTokens;
  const limits = useQuery({
    queryKey: ['limits'],
    staleTime: Infinity,
    queryFn: ({ signal }) => ostler.limits.list({}, { signal }),
  }).data?.limits;
  return useMemo(
    () => [
      ...settingsTabs.map(({ key, label }) => inSettings(`tab ${key}`, label, 'Settings', Settings, key)),
      ...(people ?? []).map(({ uid, email, displayName }) =>
        inSettings(uid, displayName || email, displayName ? email : 'Person', UserRound, 'people', uid),
      ),
      ...(tokens ?? []).map(({ uid, name, ownerEmail }) =>
        inSettings(uid, name, `API token of ${ownerEmail}`, KeyRound, 'tokens', uid),
      ),
      ...(limits ?? []).map(({ name, title }) =>
        inSettings(`limit ${name}`, title, 'Limit', Gauge, 'limits', name),
      ),
    ],
    [people, tokens, limits],
  );
}

function inSettings(
  key: string,
  label: string,
  hint: string,
  icon: Command['icon'],
  tab: string,
  hash = '',
): Command {
  return { key, label, hint, icon, link: { to: '/settings', search: { tab }, hash } };
}
