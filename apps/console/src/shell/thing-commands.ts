import { Kind, type Resource } from '@ostler/contracts';
import type { LinkProps } from '@tanstack/react-router';
import { Globe, ListChecks, RefreshCw, Server, ShieldCheck } from 'lucide-react';
import { useMemo } from 'react';
import { useOperations, useResources, useRollouts, useServers } from '../api/live';
import { kindWord, nameOf, resourceLink } from '../lib/kinds';
import { operationTitle } from '../lib/operations';
import type { Command } from './commands';

/** Every server, resource, rollout and operation that this page knows. */
export function useThingCommands(): readonly Command[] {
  const servers = useServers();
  const sites = useResources(Kind.SITE);
  const certificates = useResources(Kind.CERTIFICATE);
  const rollouts = useRollouts();
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
      ...[...sites, ...certificates].map(ofResource),
      ...rollouts.map(({ uid, version }) => ({
        key: uid,
        label: `Agents to ${version}`,
        hint: 'Rollout',
        icon: RefreshCw,
        link: { to: '/agents/$uid', params: { uid } } as LinkProps,
      })),
      ...operations.map((operation) => ({
        key: operation.uid,
        label: `${operationTitle(operation.spec)} on ${operation.serverName}`,
        hint: `Operation ${operation.uid.slice(-8)}`,
        icon: ListChecks,
        link: { to: '/operations/$uid', params: { uid: operation.uid } } as LinkProps,
      })),
    ],
    [servers, sites, certificates, rollouts, operations],
  );
}

function ofResource(resource: Resource): Command {
  const { meta, spec } = resource;
  const domains = spec.case === undefined ? [] : spec.value.domains;
  return {
    key: meta?.uid ?? '',
    label: nameOf(resource),
    hint: meta?.displayName || domains.join(' ') || kindWord(meta?.kind),
    icon: meta?.kind === Kind.SITE ? Globe : ShieldCheck,
    link: resourceLink(meta?.kind, nameOf(resource)),
  };
}
