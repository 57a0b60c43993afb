import { Kind, Permission } from '@ostler/contracts';
import type { LinkProps } from '@tanstack/react-router';
import {
  Globe,
  KeyRound,
  ListChecks,
  type LucideIcon,
  Moon,
  Plus,
  RefreshCw,
  Server,
  ShieldCheck,
  Sun,
} from 'lucide-react';
import { useMemo } from 'react';
import { useOperations, useResources, useServers } from '../api/live';
import { useRefusal } from '../api/session';
import { operationTitle } from '../lib/operations';
import { chooseTheme } from '../lib/theme';
import { sections } from './sections';

export interface Command {
  readonly key: string;
  readonly label: string;
  readonly hint: string;
  readonly icon: LucideIcon;
  readonly link?: LinkProps;
  readonly run?: () => void;
  readonly refusal?: string | undefined;
}

/** What the palette offers for a text, best first. */
export function useCommands(text: string): readonly Command[] {
  const actions = useActions();
  const things = useThings();
  return useMemo(() => rankCommands([...actions, ...things], text), [actions, things, text]);
}

/** Names that begin with the text before names that contain it; without a text, pages and actions first. */
export function rankCommands(commands: readonly Command[], text: string): readonly Command[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return commands;
  const rank = ({ label, hint }: Command): number => {
    const name = label.toLowerCase();
    if (name.startsWith(wanted)) return 0;
    if (name.includes(wanted)) return 1;
    return hint.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return commands
    .map((command) => ({ command, rank: rank(command) }))
    .filter((one) => one.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map(({ command }) => command);
}

function useActions(): readonly Command[] {
  const mayWrite = useRefusal(Permission.RESOURCES_WRITE);
  const mayJoin = useRefusal(Permission.SERVERS_WRITE);
  return useMemo(
    () => [
      ...sections.map(({ to, label, icon }) => ({ key: to, label, hint: 'Page', icon, link: { to } })),
      {
        key: 'new-site',
        label: 'Create a site',
        hint: 'Action',
        icon: Plus,
        link: { to: '/new/site' },
        refusal: mayWrite,
      },
      {
        key: 'new-certificate',
        label: 'Create a certificate',
        hint: 'Action',
        icon: Plus,
        link: { to: '/new/certificate' },
        refusal: mayWrite,
      },
      {
        key: 'join',
        label: 'Join a server',
        hint: 'Action',
        icon: Plus,
        link: { to: '/servers', hash: 'join' },
        refusal: mayJoin,
      },
      { key: 'agents', label: 'Agent versions', hint: 'Page', icon: RefreshCw, link: { to: '/agents' } },
      {
        key: 'join-tokens',
        label: 'Join tokens',
        hint: 'Page',
        icon: KeyRound,
        link: { to: '/settings', search: { tab: 'join' } },
      },
      { key: 'dark', label: 'Dark theme', hint: 'Action', icon: Moon, run: () => chooseTheme('dark') },
      { key: 'light', label: 'Light theme', hint: 'Action', icon: Sun, run: () => chooseTheme('light') },
    ],
    [mayWrite, mayJoin],
  );
}

function useThings(): readonly Command[] {
  const servers = useServers();
  const sites = useResources(Kind.SITE);
  const certificates = useResources(Kind.CERTIFICATE);
  const operations = useOperations();
  return useMemo(
    () => [
      ...servers.map(({ uid, name, displayName }) => ({
        key: uid,
        label: name,
        hint: displayName || 'Server',
        icon: Server,
        link: { to: '/servers/$name', params: { name } } as LinkProps,
      })),
      ...sites.map(({ meta, spec }) => ({
        key: meta?.uid ?? '',
        label: meta?.name ?? '',
        hint: spec.case === 'site' ? (spec.value.domains[0] ?? 'Site') : 'Site',
        icon: Globe,
        link: { to: '/sites/$name', params: { name: meta?.name ?? '' } } as LinkProps,
      })),
      ...certificates.map(({ meta }) => ({
        key: meta?.uid ?? '',
        label: meta?.name ?? '',
        hint: 'Certificate',
        icon: ShieldCheck,
        link: { to: '/certificates/$name', params: { name: meta?.name ?? '' } } as LinkProps,
      })),
      ...operations.slice(0, 20).map((operation) => ({
        key: operation.uid,
        label: `${operationTitle(operation.spec)} on ${operation.serverName}`,
        hint: 'Operation',
        icon: ListChecks,
        link: { to: '/operations/$uid', params: { uid: operation.uid } } as LinkProps,
      })),
    ],
    [servers, sites, certificates, operations],
  );
}
