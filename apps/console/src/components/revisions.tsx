import { Permission, type Resource, type Revision } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLiveStore } from '../api/live';
import { useOstler } from '../api/ostler';
import { useRefusal } from '../api/session';
import { countText } from '../lib/amounts';
import { nameOf } from '../lib/kinds';
import { Button } from './button';
import { Dialog } from './dialog';
import { type DiffShape, DiffShapeSwitch, TextDiff } from './diff-view';
import { Section } from './page';
import { ErrorPanel, SkeletonRows } from './panels';
import { Time } from './time';
import { useToasts } from './toast';

/**
 * Every generation of a spec: what changed, compared with the one before or the present one, and back to it.
 *
 * @param at under what it is asked for, when that is not its name: the uid of one that is gone.
 */
export function Revisions({ resource, at }: { resource: Resource; at?: string }) {
  const ostler = useOstler();
  const kind = resource.meta?.kind;
  const name = at ?? nameOf(resource);
  const present = resource.meta?.generation ?? 0n;
  const [selected, setSelected] = useState<bigint>();
  const revisions = useInfiniteQuery({
    queryKey: ['revisions', resource.meta?.uid, String(present)],
    initialPageParam: '',
    queryFn: ({ signal, pageParam }) =>
      ostler.resources.listRevisions({ kind, name, pageSize: 100, pageToken: pageParam }, { signal }),
    getNextPageParam: ({ nextPageToken }) => nextPageToken || undefined,
  });
  if (revisions.isPending) return <SkeletonRows rows={4} />;
  if (revisions.isError)
    return <ErrorPanel error={revisions.error} onRetry={() => void revisions.refetch()} />;
  const list = revisions.data.pages.flatMap((page) => page.revisions);
  const shown = list.find(({ generation }) => generation === (selected ?? present)) ?? list[0];
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(15rem,1fr)_minmax(0,3fr)]">
      <ol aria-label="Generations" className="card divide-line max-h-[70vh] divide-y overflow-y-auto">
        {list.map((revision) => (
          <RevisionItem
            key={String(revision.generation)}
            revision={revision}
            present={present}
            isGone={resource.meta?.deletedAt !== undefined}
            on={revision === shown}
            onSelect={() => setSelected(revision.generation)}
          />
        ))}
        {revisions.hasNextPage && (
          <li className="px-2 py-1">
            <Button
              look="quiet"
              busy={revisions.isFetchingNextPage}
              onClick={() => void revisions.fetchNextPage()}
            >
              Show older generations
            </Button>
          </li>
        )}
      </ol>
      {shown && (
        <RevisionDiff key={String(shown.generation)} resource={resource} revision={shown} name={name} />
      )}
    </div>
  );
}

function RevisionItem({
  revision,
  present,
  isGone,
  on,
  onSelect,
}: {
  revision: Revision;
  present: bigint;
  isGone: boolean;
  on: boolean;
  onSelect: () => void;
}) {
  return (
    <li>
      <button
        type="button"
        aria-pressed={on}
        onClick={onSelect}
        className={`block w-full px-4 py-2 text-left text-sm ${on ? 'bg-accent-soft' : 'hover:bg-hover'}`}
      >
        <span className="flex items-baseline justify-between gap-2">
          <span className="font-medium">
            Generation {String(revision.generation)}
            {revision.generation === present && (
              <span className="text-ink-2 font-normal"> ({isGone ? 'the last' : 'present'})</span>
            )}
          </span>
          <span className="text-ink-2 text-xs">
            <Time at={revision.createdAt} />
          </span>
        </span>
        <bdi className="text-ink-2 block text-xs break-words">{revision.summary}</bdi>
        <bdi className="text-ink-2 block truncate text-xs">{revision.actor}</bdi>
      </button>
    </li>
  );
}

function RevisionDiff({
  resource,
  revision,
  name,
}: {
  resource: Resource;
  revision: Revision;
  name: string;
}) {
  const ostler = useOstler();
  const present = resource.meta?.generation ?? 0n;
  const isPresent = revision.generation === present;
  const [against, setAgainst] = useState<'before' | 'present'>('before');
  const [shape, setShape] = useState<DiffShape>(() => (window.innerWidth < 768 ? 'unified' : 'side by side'));
  const withPresent = against === 'present' && !isPresent;
  const from = withPresent ? revision.generation : revision.generation - 1n;
  const to = withPresent ? present : revision.generation;
  const diff = useQuery({
    queryKey: ['diff', resource.meta?.uid, String(from), String(to)],
    enabled: from > 0n,
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      ostler.resources.diff(
        { kind: resource.meta?.kind, name, fromGeneration: from, toGeneration: to },
        { signal },
      ),
  });
  return (
    <Section
      title={withPresent ? `Generation ${from} beside the present one` : `What generation ${to} changed`}
      text={diff.data && countText(diff.data.fields.length, 'field')}
      flush
      actions={
        <>
          {!isPresent && (
            <Button look="quiet" onClick={() => setAgainst(withPresent ? 'before' : 'present')}>
              {withPresent ? 'Compare with the one before' : 'Compare with the present'}
            </Button>
          )}
          <DiffShapeSwitch shape={shape} onShape={setShape} />
          {!isPresent && <RevertButton resource={resource} revision={revision} />}
        </>
      }
    >
      {from === 0n && <p className="text-ink-2 p-4 text-sm">The first generation: {revision.summary}.</p>}
      {from > 0n && diff.isPending && <SkeletonRows rows={5} />}
      {diff.isError && (
        <div className="p-4">
          <ErrorPanel error={diff.error} />
        </div>
      )}
      {diff.data && (
        <div className="max-h-[65vh] overflow-y-auto py-2">
          <TextDiff before={diff.data.beforeYaml} after={diff.data.afterYaml} shape={shape} />
        </div>
      )}
    </Section>
  );
}

function RevertButton({ resource, revision }: { resource: Resource; revision: Revision }) {
  const ostler = useOstler();
  const store = useLiveStore();
  const { say } = useToasts();
  const gone = resource.meta?.deletedAt && 'It is gone. Apply its spec file to make a new one.';
  const refusal = useRefusal(Permission.RESOURCES_WRITE) ?? gone;
  const [asking, setAsking] = useState(false);
  const revert = useMutation({
    mutationFn: () =>
      ostler.resources.revert({
        requestId: newRequestId(),
        kind: resource.meta?.kind,
        name: nameOf(resource),
        toGeneration: revision.generation,
        generation: resource.meta?.generation,
      }),
    onSuccess: ({ resource: next }) => {
      store.put(next);
      setAsking(false);
      say(
        `${nameOf(resource)} is at generation ${next?.meta?.generation}, with the spec of ${revision.generation}.`,
      );
    },
  });
  const servers = countText(resource.status?.placements ?? 0, 'server');
  return (
    <>
      <Button refusal={refusal} onClick={() => setAsking(true)}>
        Revert to this
      </Button>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Revert to generation ${revision.generation}`}
        text={`Makes a new generation with that spec and applies it on ${servers}. Nothing of the history is lost.`}
        footer={
          <>
            <Button onClick={() => setAsking(false)}>Cancel</Button>
            <Button look="primary" busy={revert.isPending} onClick={() => revert.mutate()}>
              Revert on {servers}
            </Button>
          </>
        }
      >
        {revert.isError && <ErrorPanel error={revert.error} />}
      </Dialog>
    </>
  );
}
