import type { Operation, Resource, Server } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { OperationRow } from '../../components/operation-row';
import { Section } from '../../components/page';
import { Empty } from '../../components/panels';
import { StatusText } from '../../components/status';
import { placementHealth } from '../../lib/health';
import { kindWord, nameOf, resourceLink } from '../../lib/kinds';

export function ServerPlacements({ server, resources }: { server: Server; resources: readonly Resource[] }) {
  if (resources.length === 0) {
    return (
      <Empty
        title="Nothing is placed here"
        text="A site runs here when it names this server or one of its labels."
      />
    );
  }
  return (
    <div className="card divide-line divide-y">
      {resources.map((resource) => {
        const placement = resource.status?.placementStatuses.find(
          ({ serverUid }) => serverUid === server.uid,
        );
        if (!placement) return null;
        const health = placementHealth(placement);
        return (
          <div
            key={resource.meta?.uid}
            className="grid gap-x-4 gap-y-0.5 px-4 py-2 text-sm sm:grid-cols-[14rem_7rem_8rem_minmax(0,1fr)]"
          >
            <Link
              {...resourceLink(resource.meta?.kind, nameOf(resource))}
              className="truncate font-medium hover:underline"
            >
              {nameOf(resource)}
            </Link>
            <span className="text-ink-3">{kindWord(resource.meta?.kind)}</span>
            <StatusText health={health} />
            <span className="text-ink-2 min-w-0 break-words">
              {health.state === 'ready' ? '' : health.message}
            </span>
          </div>
        );
      })}
    </div>
  );
}

export function ServerOperations({ operations }: { operations: readonly Operation[] }) {
  if (operations.length === 0) {
    return (
      <Empty
        title="No operation yet"
        text="Run one from the head of this page: diagnose, test nginx, and more."
      />
    );
  }
  return (
    <ul className="card divide-line divide-y">
      {operations.map((operation) => (
        <OperationRow key={operation.uid} operation={operation} withServer={false} />
      ))}
    </ul>
  );
}

/** Virtual hosts that somebody else made; they are shown and never touched. */
export function ForeignSites({ server }: { server: Server }) {
  if (server.foreignSites.length === 0) {
    return (
      <Empty
        title="No foreign site"
        text="nginx on this server has no virtual host that Ostler did not make."
      />
    );
  }
  return (
    <Section title="Sites that Ostler does not manage" text="They are never touched." flush>
      <ul className="divide-line divide-y">
        {server.foreignSites.map(({ serverNames, listens, file, line }) => (
          <li key={`${file}:${line}`} className="grid gap-x-4 gap-y-0.5 px-4 py-2 text-sm lg:grid-cols-3">
            <span className="font-medium break-all">{serverNames.join(', ') || 'no name'}</span>
            <span className="text-ink-2">listens on {listens.join(', ')}</span>
            <code className="font-mono text-xs break-all">
              {file}:{line}
            </code>
          </li>
        ))}
      </ul>
    </Section>
  );
}
