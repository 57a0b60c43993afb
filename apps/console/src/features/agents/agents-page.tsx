import { type AgentReleaseInfo, Permission, type Rollout } from '@ostler/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useRollouts, useServers } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal } from '../../api/session';
import { Button } from '../../components/button';
import { ListBody } from '../../components/list-body';
import { Labels, Page, Section } from '../../components/page';
import { Empty, ErrorPanel, SkeletonRows } from '../../components/panels';
import { StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { countText } from '../../lib/amounts';
import { rolloutHasEnded, rolloutHealth } from '../../lib/health';
import { UpdateDialog } from './update-dialog';
import { VersionCounts } from './version-counts';

/** Which releases of the agent there are, which servers run them, and how servers are brought to another. */
export function AgentsPage() {
  const ostler = useOstler();
  const rollouts = useRollouts();
  const [updating, setUpdating] = useState(false);
  const releases = useQuery({
    queryKey: ['agent-releases'],
    queryFn: ({ signal }) => ostler.agentUpdates.listReleases({}, { signal }),
  });
  const found = releases.data?.releases ?? [];
  const refusal = useUpdateRefusal(releases.data?.releases, rollouts);
  return (
    <Page
      title="Agent versions"
      sub="Signed builds of the agent that this control plane hands out. A rollout goes over the fleet in stages and stops when a server fails."
      actions={
        <Button look="primary" refusal={refusal} onClick={() => setUpdating(true)}>
          Update agents
        </Button>
      }
    >
      <div className="grid items-start gap-x-4 lg:grid-cols-2">
        <Section title="Releases" text="Newest first." flush>
          {releases.isPending && <SkeletonRows rows={3} />}
          {releases.isError && (
            <div className="p-3">
              <ErrorPanel error={releases.error} onRetry={() => void releases.refetch()} />
            </div>
          )}
          {releases.isSuccess && <Releases releases={found} />}
        </Section>
        <VersionCounts releases={found} />
      </div>
      <Rollouts rollouts={rollouts} />
      {updating && <UpdateDialog releases={found} onClose={() => setUpdating(false)} />}
    </Page>
  );
}

function useUpdateRefusal(releases: readonly AgentReleaseInfo[] | undefined, rollouts: readonly Rollout[]) {
  const mayNot = useRefusal(Permission.OPERATIONS_ADMINISTER);
  if (mayNot !== undefined) return mayNot;
  if (releases === undefined) return 'The releases have not been read yet.';
  if (releases.length === 0) return 'This control plane has no release of the agent.';
  if (rollouts.some((one) => !rolloutHasEnded(one))) {
    return 'A rollout has not ended. Cancel it, or wait for its end.';
  }
  return undefined;
}

function Releases({ releases }: { releases: readonly AgentReleaseInfo[] }) {
  const servers = useServers();
  const counts = useMemo(() => Map.groupBy(servers, ({ agentVersion }) => agentVersion), [servers]);
  if (releases.length === 0) {
    return (
      <Empty
        title="No release yet"
        text="The agent is built and signed when the control plane starts from a checkout, or comes with its package."
        command="ostler agents releases"
      />
    );
  }
  return (
    <ul className="divide-line divide-y">
      {releases.map(({ version, madeAt, architectures, featureLevel }) => (
        <li key={version} className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-4 py-2 text-sm">
          <span className="font-mono text-xs font-medium break-all">{version}</span>
          <span className="text-ink-3 text-xs">
            made <Time at={madeAt} />, feature level {featureLevel}, {architectures.join(', ')}
          </span>
          <span className="text-ink-2 ml-auto text-xs">
            {countText(counts.get(version)?.length ?? 0, 'server')}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Rollouts({ rollouts }: { rollouts: readonly Rollout[] }) {
  return (
    <Section title="Rollouts" flush>
      <ListBody>
        {rollouts.length === 0 && (
          <Empty
            title="No rollout yet"
            text="A rollout brings servers to another release: one percent first, then ten, then all."
            command="ostler agents update VERSION"
          />
        )}
        <ul className="divide-line divide-y">
          {rollouts.map((rollout) => (
            <RolloutRow key={rollout.uid} rollout={rollout} />
          ))}
        </ul>
      </ListBody>
    </Section>
  );
}

function RolloutRow({ rollout }: { rollout: Rollout }) {
  const hasSelector = Object.keys(rollout.selector).length > 0;
  return (
    <li className="hover:bg-hover relative flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 text-sm">
      <span className="w-28">
        <StatusText health={rolloutHealth(rollout)} />
      </span>
      <Link
        to="/agents/$uid"
        params={{ uid: rollout.uid }}
        className="font-medium after:absolute after:inset-0 hover:underline"
      >
        to {rollout.version}
      </Link>
      {hasSelector ? (
        <Labels labels={rollout.selector} />
      ) : (
        <span className="text-ink-3 text-xs">every server</span>
      )}
      <span className="text-ink-2 min-w-0 grow basis-40 truncate">{rollout.message}</span>
      <span className="text-ink-3 text-xs">
        by {rollout.actor}, <Time at={rollout.createdAt} />
      </span>
    </li>
  );
}
