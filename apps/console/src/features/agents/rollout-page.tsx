import {
  ControlRolloutRequest_Action as Action,
  Permission,
  type Rollout,
  Rollout_State as State,
  type RolloutServer,
  RolloutServer_State as ServerState,
} from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { RefreshCw } from 'lucide-react';
import { useLiveData, useLiveStore } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal } from '../../api/session';
import { Button } from '../../components/button';
import { Labels, Page, Section } from '../../components/page';
import { ErrorPanel, SkeletonRows } from '../../components/panels';
import { StatusBadge, StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { useToasts } from '../../components/toast';
import { countText } from '../../lib/amounts';
import { rolloutHasEnded, rolloutHealth, rolloutServerHealth } from '../../lib/health';

export function RolloutPage() {
  const { uid } = useParams({ from: '/agents/$uid' });
  const ostler = useOstler();
  const live = useLiveData().rollouts.get(uid);
  // What is listed comes without its servers; what is told of later comes with them.
  const loaded = useQuery({
    queryKey: ['rollout', uid],
    enabled: live === undefined || live.servers.length === 0,
    queryFn: ({ signal }) => ostler.agentUpdates.getRollout({ uid }, { signal }),
  });
  const rollout = live && live.servers.length > 0 ? live : (loaded.data?.rollout ?? live);
  if (rollout) return <RolloutDetail rollout={rollout} />;
  if (loaded.isError) {
    return (
      <div className="p-6">
        <ErrorPanel error={loaded.error} onRetry={() => void loaded.refetch()} />
      </div>
    );
  }
  return <SkeletonRows />;
}

function RolloutDetail({ rollout }: { rollout: Rollout }) {
  const hasSelector = Object.keys(rollout.selector).length > 0;
  return (
    <Page
      title={`Agents to ${rollout.version}`}
      icon={<RefreshCw className="size-5" />}
      badge={<StatusBadge health={rolloutHealth(rollout)} />}
      sub={
        <span className="flex flex-wrap items-center gap-x-2">
          {hasSelector ? <Labels labels={rollout.selector} /> : <span>Every server</span>}
          <span>
            by {rollout.actor}, <Time at={rollout.createdAt} />
          </span>
        </span>
      }
      actions={<RolloutControls rollout={rollout} />}
    >
      {rollout.message && (
        <p
          className={`mb-4 rounded-md px-3 py-2 text-sm break-words ${rollout.state === State.STOPPED ? 'bg-failed-soft' : 'bg-unknown-soft'}`}
        >
          {rollout.message}
        </p>
      )}
      {rollout.stages.map((percent, index) => (
        <Stage key={percent} rollout={rollout} index={index} percent={percent} />
      ))}
    </Page>
  );
}

const DONE = new Set([ServerState.UPDATED, ServerState.SKIPPED]);

/** One stage: how far it is, and its servers one by one. */
function Stage({ rollout, index, percent }: { rollout: Rollout; index: number; percent: number }) {
  const servers = rollout.servers.filter(({ stage }) => stage === index);
  const done = servers.filter(({ state }) => DONE.has(state)).length;
  const share = servers.length === 0 ? 0 : (done / servers.length) * 100;
  const isNow = index === rollout.stage && !rolloutHasEnded(rollout);
  return (
    <Section
      title={`Stage ${index + 1}: ${percent} %`}
      text={`${isNow ? 'now, ' : ''}${done} of ${countText(servers.length, 'server')} done`}
      flush
    >
      <div
        role="progressbar"
        aria-label={`Progress of stage ${index + 1}`}
        aria-valuenow={Math.round(share)}
        aria-valuemin={0}
        aria-valuemax={100}
        className="bg-hover h-1"
      >
        <div
          className="bg-progressing h-full transition-[width] duration-150"
          style={{ width: `${share}%` }}
        />
      </div>
      {servers.length === 0 && (
        <p className="text-ink-2 px-4 py-2 text-sm">No further server falls into this stage.</p>
      )}
      <ul className="divide-line divide-y">
        {servers.map((server) => (
          <StageServer key={server.serverUid} server={server} />
        ))}
      </ul>
    </Section>
  );
}

function StageServer({ server }: { server: RolloutServer }) {
  return (
    <li className="grid grid-cols-1 items-start gap-x-4 gap-y-0.5 px-4 py-2 text-sm sm:grid-cols-[12rem_7rem_7rem_minmax(0,1fr)]">
      <Link
        to="/servers/$name"
        params={{ name: server.serverName }}
        className="truncate font-medium hover:underline"
      >
        {server.serverName}
      </Link>
      <StatusText health={rolloutServerHealth(server)} />
      <span className="text-ink-3 truncate">{server.fromVersion && `from ${server.fromVersion}`}</span>
      <span className="text-ink-2 min-w-0 break-words">
        {server.message}{' '}
        {server.operationUid && (
          <Link to="/operations/$uid" params={{ uid: server.operationUid }} className="link">
            Output
          </Link>
        )}
      </span>
    </li>
  );
}

function RolloutControls({ rollout }: { rollout: Rollout }) {
  const ostler = useOstler();
  const store = useLiveStore();
  const { fail } = useToasts();
  const refusal = useRefusal(Permission.OPERATIONS_ADMINISTER);
  const control = useMutation({
    mutationFn: (action: Action) =>
      ostler.agentUpdates.controlRollout({ requestId: newRequestId(), uid: rollout.uid, action }),
    onSuccess: (answer) => store.putRollout(answer.rollout),
    onError: fail,
  });
  if (rolloutHasEnded(rollout)) return null;
  const button = (action: Action, label: string, look?: 'danger' | 'primary') => (
    <Button
      look={look}
      refusal={refusal}
      busy={control.isPending && control.variables === action}
      onClick={() => control.mutate(action)}
    >
      {label}
    </Button>
  );
  return (
    <>
      {rollout.state === State.RUNNING
        ? button(Action.PAUSE, 'Pause')
        : button(Action.RESUME, 'Resume', 'primary')}
      {button(Action.CANCEL, 'Cancel rollout', 'danger')}
    </>
  );
}
