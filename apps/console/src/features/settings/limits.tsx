import { type Limit, Limit_Unit as Unit } from '@ostler/contracts';
import { useQuery } from '@tanstack/react-query';
import { useOstler } from '../../api/ostler';
import { Section } from '../../components/page';
import { ErrorPanel, SkeletonRows } from '../../components/panels';
import { bytesText } from '../../lib/amounts';
import { useHashTarget } from '../../lib/hash-target';
import { exactSpanText } from '../../lib/time';

/** Every limit of the control plane, in its own words and with the values that count there. */
export function Limits() {
  const ostler = useOstler();
  const list = useQuery({
    queryKey: ['limits'],
    staleTime: Infinity,
    queryFn: ({ signal }) => ostler.limits.list({}, { signal }),
  });
  if (list.isPending) return <SkeletonRows rows={6} />;
  if (list.isError) return <ErrorPanel error={list.error} onRetry={() => void list.refetch()} />;
  const groups = Map.groupBy(list.data.limits, ({ group }) => group);
  return [...groups].map(([group, limits]) => (
    <Section key={group} title={group === 'Kept' ? 'How long things are kept' : group} flush>
      <ul className="divide-line divide-y">
        {limits.map((limit) => (
          <LimitRow key={limit.name} limit={limit} />
        ))}
      </ul>
    </Section>
  ));
}

function LimitRow({ limit }: { limit: Limit }) {
  const { ref, className } = useHashTarget<HTMLLIElement>(limit.name);
  return (
    <li
      ref={ref}
      className={`grid grid-cols-[minmax(0,1fr)_auto] gap-x-6 gap-y-0.5 px-4 py-2.5 text-sm ${className}`}
    >
      <span className="font-medium">{limit.title}</span>
      <span className="text-right font-medium tabular-nums">{limitText(limit)}</span>
      <p className="text-ink-2 col-span-2 max-w-2xl text-xs">
        {limit.consequence}
        {limit.setting && (
          <>
            {' '}
            Changed by <code className="font-mono">{limit.setting}</code>.
          </>
        )}
      </p>
    </li>
  );
}

/** The value with its unit. */
export function limitText({ value, unit }: Pick<Limit, 'value' | 'unit'>): string {
  const count = value.toLocaleString('en');
  const texts: Readonly<Record<Unit, string>> = {
    [Unit.UNSPECIFIED]: count,
    [Unit.COUNT]: count,
    [Unit.BYTES]: bytesText(value),
    [Unit.SECONDS]: exactSpanText(value),
    [Unit.DAYS]: value === 1n ? '1 day' : `${count} days`,
    [Unit.PER_SECOND]: `${count} a second`,
    [Unit.PER_MINUTE]: `${count} a minute`,
  };
  return texts[unit];
}
