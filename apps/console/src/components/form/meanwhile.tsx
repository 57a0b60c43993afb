import type { Resource } from '@ostler/contracts';
import { withoutOutput } from '@ostler/resource-model';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useResource } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { countText } from '../../lib/amounts';
import { withNewSecrets } from '../../lib/kept-draft';
import { kindWord, nameOf } from '../../lib/kinds';
import { mergeEdits, type Side } from '../../lib/merge-edits';
import { specFileText } from '../../lib/spec-file';
import { Button } from '../button';
import { TextDiff } from '../diff-view';
import { Note } from '../panels';
import { Time } from '../time';
import type { ResourceDraft } from './use-resource-draft';

/** What others did to a resource while this form is open, as soon as it is known, and the ways to go on. */
export function Meanwhile({ form, original }: { form: ResourceDraft; original: Resource }) {
  const { kind = 0 } = original.meta ?? {};
  const present = useResource(kind, nameOf(original));
  const isAnew = form.draft.meta?.generation === 0n;
  if (!present || present.meta?.deletedAt) return isAnew ? null : <GoneMeanwhile form={form} />;
  const now = present.meta?.generation ?? 0n;
  if (now <= (form.base.meta?.generation ?? 0n)) return null;
  return <ChangedMeanwhile key={String(now)} form={form} present={present} />;
}

function GoneMeanwhile({ form }: { form: ResourceDraft }) {
  const anew = (resource: Resource): Resource => ({
    ...resource,
    meta: resource.meta && { ...resource.meta, generation: 0n },
  });
  const word = kindWord(form.draft.meta?.kind).toLowerCase();
  return (
    <div className="mb-3">
      <Note>
        <span className="font-semibold">
          Somebody deleted the {word} {nameOf(form.draft)} meanwhile.
        </span>{' '}
        What you typed is still here. Once it is gone from its servers, a new {word} of this name can be made
        with it; secrets must be typed again.
        <span className="mt-2 flex">
          <Button onClick={() => form.goOn(withNewSecrets(anew(form.draft)), anew(form.base))}>
            Make a new one
          </Button>
        </span>
      </Note>
    </div>
  );
}

/** Two people edit one resource: both changes side by side, and three ways to go on. */
function ChangedMeanwhile({ form, present }: { form: ResourceDraft; present: Resource }) {
  const { base, draft } = form;
  const [sides, setSides] = useState<ReadonlyMap<string, Side>>(new Map());
  const theirs = useMemo(() => withoutOutput(present), [present]);
  const merged = useMemo(
    () => mergeEdits(base, draft, theirs, (path) => sides.get(path) ?? 'mine'),
    [base, draft, theirs, sides],
  );
  const mine = { ...draft, meta: draft.meta && { ...draft.meta, generation: theirs.meta?.generation ?? 0n } };
  return (
    <section aria-label="Changed meanwhile" className="card border-degraded mb-3 min-w-0">
      <div className="border-line border-b px-4 py-3 text-sm">
        <h2 className="font-semibold">Somebody changed {nameOf(present)} while you edit it</h2>
        <WhoChanged present={present} />
      </div>
      <div className="divide-line grid min-w-0 divide-y lg:grid-cols-2 lg:divide-x lg:divide-y-0">
        <Change title="Their change" before={base} after={theirs} />
        <Change title="Your change" before={base} after={draft} />
      </div>
      {merged.conflicts.length > 0 && (
        <div className="border-line border-t px-4 py-3">
          <p className="mb-1 text-sm">
            Both changed {countText(merged.conflicts.length, 'field')}. Choose whose stays:
          </p>
          {merged.conflicts.map((path) => (
            <SideChoice
              key={path}
              path={path}
              side={sides.get(path) ?? 'mine'}
              onSide={(side) => setSides(new Map(sides).set(path, side))}
            />
          ))}
        </div>
      )}
      <div className="border-line flex flex-wrap gap-2 border-t px-4 py-3">
        <Button look="primary" onClick={() => form.goOn(merged.resource, theirs)}>
          Put both together
        </Button>
        <Button onClick={() => form.goOn(mine, theirs)}>Put mine on top</Button>
        <Button look="quiet" onClick={() => form.goOn(theirs, theirs)}>
          Take theirs
        </Button>
        <p className="text-ink-3 self-center text-xs">
          Nothing is applied yet; the form and its plan follow. What is not taken stays in the history.
        </p>
      </div>
    </section>
  );
}

function WhoChanged({ present }: { present: Resource }) {
  const ostler = useOstler();
  const { kind, uid, generation = 0n } = present.meta ?? {};
  const revisions = useQuery({
    queryKey: ['last-revision', uid, String(generation)],
    queryFn: ({ signal }) =>
      ostler.resources.listRevisions({ kind, name: nameOf(present), pageSize: 1 }, { signal }),
  });
  const last = revisions.data?.revisions[0];
  if (last?.generation !== generation) return null;
  return (
    <p className="text-ink-2 break-words">
      {last.actor} made generation {String(generation)} <Time at={last.createdAt} />: {last.summary}.
    </p>
  );
}

function Change({ title, before, after }: { title: string; before: Resource; after: Resource }) {
  const [old, next] = [specFileText(before), specFileText(after)];
  return (
    <div role="group" aria-label={title} className="min-w-0">
      <h3 className="text-ink-2 px-4 pt-2 text-xs font-semibold">{title}</h3>
      <div className="max-h-80 overflow-y-auto py-2">
        {old === next ? (
          <p className="text-ink-3 px-4 text-xs">Nothing that the spec file shows.</p>
        ) : (
          <TextDiff before={old} after={next} shape="unified" />
        )}
      </div>
    </div>
  );
}

function SideChoice({ path, side, onSide }: { path: string; side: Side; onSide: (side: Side) => void }) {
  const field = path.replace(/^(site|certificate)\./, '');
  return (
    <div role="radiogroup" aria-label={field} className="flex flex-wrap items-center gap-x-4 text-sm">
      <code className="min-w-40 font-mono text-xs break-all">{field}</code>
      {(['theirs', 'mine'] as const).map((one) => (
        <label key={one} className="inline-flex items-center gap-1.5 py-1">
          <input
            type="radio"
            name={path}
            checked={side === one}
            onChange={() => onSide(one)}
            className="accent-accent size-4"
          />
          {one === 'mine' ? 'Yours' : 'Theirs'}
        </label>
      ))}
    </div>
  );
}
