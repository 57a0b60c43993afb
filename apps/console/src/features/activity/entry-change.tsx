import { type AuditEntry, AuditEntry_Outcome as Outcome, Kind } from '@ostler/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useOstler } from '../../api/ostler';
import { type DiffShape, DiffShapeSwitch, TextDiff } from '../../components/diff-view';
import { ErrorPanel, SkeletonRows } from '../../components/panels';
import { countText } from '../../lib/amounts';
import { kindOfSubject } from '../../lib/audit-subject';

/** Before and after, for what made a generation of a resource; nothing for other entries. */
export function EntryChange({ entry }: { entry: AuditEntry }) {
  const kind = kindOfSubject(entry.subject);
  const made = entry.outcome === Outcome.DONE && entry.resourceUid !== '' && entry.generation > 0n;
  if (!made || kind === undefined) return null;
  if (entry.generation === 1n) {
    return <p className="text-ink-2 mt-4 pb-3 text-sm">It was made here: there is nothing before it.</p>;
  }
  return <BeforeAndAfter kind={kind} uid={entry.resourceUid} generation={entry.generation} />;
}

function BeforeAndAfter({ kind, uid, generation }: { kind: Kind; uid: string; generation: bigint }) {
  const ostler = useOstler();
  const [shape, setShape] = useState<DiffShape>('unified');
  const diff = useQuery({
    queryKey: ['diff', uid, String(generation - 1n), String(generation)],
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      ostler.resources.diff(
        // By uid: the name may belong to another one by now.
        { kind, name: uid, fromGeneration: generation - 1n, toGeneration: generation },
        { signal },
      ),
  });
  if (diff.isPending) return <SkeletonRows rows={4} />;
  if (diff.isError) {
    return (
      <div className="py-4">
        <ErrorPanel error={diff.error} onRetry={() => void diff.refetch()} />
      </div>
    );
  }
  const { fields, beforeYaml, afterYaml } = diff.data;
  return (
    <section aria-label="Before and after" className="mt-4 pb-3">
      <div className="mb-2 flex flex-wrap items-center gap-3">
        <h3 className="text-sm font-semibold">Before and after</h3>
        <p className="text-ink-3 text-xs">
          {fields.length === 0 ? 'No field of the spec changed.' : countText(fields.length, 'field')}
        </p>
        <div className="ml-auto">
          <DiffShapeSwitch shape={shape} onShape={setShape} />
        </div>
      </div>
      <div className="border-line overflow-hidden rounded-md border">
        <TextDiff before={beforeYaml} after={afterYaml} shape={shape} />
      </div>
    </section>
  );
}
