import {
  ApplyResult_Change as Change,
  ErrorReason,
  type FieldChange,
  Permission,
  type ServerPlan,
} from '@ostler/contracts';
import { useRefusal } from '../../api/session';
import { countText } from '../../lib/amounts';
import { escapedText } from '../../lib/escaped-text';
import { Button } from '../button';
import { FileChanges, fileCountsText } from '../diff-view';
import { ErrorPanel, Skeleton } from '../panels';
import { StatusText } from '../status';
import type { ResourceDraft } from './use-resource-draft';

/** What saving would do, on each server, planned there. */
export function PlanView({ draft }: { draft: ResourceDraft }) {
  const { data, error, isRunning } = draft.plan;
  const refusal = useRefusal(Permission.RESOURCES_WRITE);
  if (refusal)
    return <p className="text-ink-2 text-sm">{refusal} Plans are made for those who may apply them.</p>;
  if (draft.errors.size > 0 && !data) {
    return <p className="text-ink-2 text-sm">The plan comes when the errors in the form are mended.</p>;
  }
  if (error?.reason === ErrorReason.CONFLICT) {
    return (
      <p className="text-ink-2 text-sm">
        The plan comes when it is decided how to go on with the other change.
      </p>
    );
  }
  if (error && error.violations.length === 0) return <ErrorPanel error={error} />;
  if (!data) {
    return isRunning ? (
      <PlanSkeleton />
    ) : (
      <p className="text-ink-2 text-sm">Fill in the form to see what would happen.</p>
    );
  }
  const [result] = data.results;
  return (
    <div className="flex flex-col gap-4" aria-busy={isRunning}>
      <p className="text-sm font-semibold">
        {result?.change === Change.UNCHANGED
          ? 'Nothing would change.'
          : `${fileCountsText(data.plans.flatMap(({ files }) => files))} on ${countText(data.plans.length, 'server')}`}
        {isRunning && <span className="text-ink-3 font-normal"> Planning again</span>}
      </p>
      {result && result.fields.length > 0 && result.change === Change.UPDATED && (
        <SpecChanges fields={result.fields} />
      )}
      {groupPlans(data.plans).map((plans) => (
        <ServerPlansCard key={plans[0].serverUid} plans={plans} />
      ))}
      {data.plans.some(({ verified }) => !verified) && (
        <div>
          <Button busy={isRunning} onClick={draft.plan.again}>
            Plan again
          </Button>
        </div>
      )}
      {data.plans.length === 0 && result?.change !== Change.UNCHANGED && (
        <p className="text-ink-2 text-sm">No server has a part in this now.</p>
      )}
    </div>
  );
}

function PlanSkeleton() {
  return (
    <div role="status" aria-label="Planning" className="flex flex-col gap-2">
      <Skeleton className="h-4 w-48" />
      <Skeleton className="h-24" />
    </div>
  );
}

function SpecChanges({ fields }: { fields: readonly FieldChange[] }) {
  return (
    <div>
      <p className="text-ink-2 mb-1 text-xs">{countText(fields.length, 'field')} of the spec</p>
      <ul className="font-mono text-xs">
        {fields.slice(0, 20).map(({ path, before, after }) => (
          <li key={path} className="break-all">
            {path}: <span className="text-failed-text">{escapedText(before) || 'absent'}</span> →{' '}
            <span className="text-ready-text">{escapedText(after) || 'absent'}</span>
          </li>
        ))}
      </ul>
      {fields.length > 20 && <p className="text-ink-3 text-xs">and {fields.length - 20} more</p>}
    </div>
  );
}

/** Servers on which the same happens are one card. */
export function groupPlans(plans: readonly ServerPlan[]): readonly [ServerPlan, ...ServerPlan[]][] {
  const groups = new Map<string, [ServerPlan, ...ServerPlan[]]>();
  for (const plan of plans) {
    const files = plan.files.map(({ path, action, diff }) => [path, action, diff]);
    const key = JSON.stringify([plan.verified, plan.valid, plan.message, plan.actions, files]);
    const group = groups.get(key);
    if (group) group.push(plan);
    else groups.set(key, [plan]);
  }
  return [...groups.values()];
}

const MOST_NAMES = 12;

function namesText(plans: readonly ServerPlan[]): string {
  const names = plans.slice(0, MOST_NAMES).map(({ serverName }) => serverName);
  const more = plans.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${countText(more, 'more server')}` : names.join(', ');
}

function ServerPlansCard({ plans }: { plans: readonly [ServerPlan, ...ServerPlan[]] }) {
  const [plan] = plans;
  const verdict = !plan.verified
    ? ({ state: 'unknown', word: 'Not verified on the server' } as const)
    : plan.valid
      ? ({ state: 'ready', word: 'Tested there' } as const)
      : ({ state: 'failed', word: 'Refused there' } as const);
  return (
    <div className="border-line min-w-0 rounded-md border p-2.5">
      <div className="mb-1 flex flex-wrap items-baseline gap-x-3 text-sm">
        <span className="min-w-0 font-medium break-words">{namesText(plans)}</span>
        <span className="text-xs">
          <StatusText health={verdict} />
        </span>
      </div>
      {plan.message && (
        <p className="text-ink-2 mb-1 text-xs break-words whitespace-pre-wrap">{plan.message}</p>
      )}
      {plan.files.length > 0 ? (
        <FileChanges files={plan.files} />
      ) : (
        <p className="text-ink-3 text-xs">No file changes.</p>
      )}
      {plan.actions.length > 0 && <p className="text-ink-2 mt-1 text-xs">Then: {plan.actions.join(', ')}.</p>}
    </div>
  );
}
