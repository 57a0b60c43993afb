import { ChevronRight } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { errorsUnder } from '../../lib/field-errors';
import { useFieldErrors } from './errors';

/**
 * A part of a form with its purpose in a line. One that is rarely needed is folded, and says what is set in
 * it; one with an error unfolds.
 */
export function FormSection({
  title,
  purpose,
  summary,
  paths,
  children,
}: {
  title: string;
  purpose: string;
  /** What is set, in words; a section with a summary can be folded. */
  summary?: string;
  /** Paths of the spec that it edits. */
  paths: readonly string[];
  children: ReactNode;
}) {
  const [wanted, setWanted] = useState(false);
  const id = useId();
  const wrong = errorsUnder(useFieldErrors(), paths);
  const canFold = summary !== undefined;
  const isOpen = !canFold || wanted || wrong > 0;
  return (
    <section className="card mb-3 min-w-0">
      {canFold ? (
        <h2>
          <button
            type="button"
            aria-expanded={isOpen}
            aria-controls={id}
            onClick={() => setWanted(!isOpen)}
            className="hover:bg-hover flex w-full flex-wrap items-baseline gap-x-3 gap-y-0.5 rounded-lg px-4 py-3 text-left"
          >
            <ChevronRight
              className={`text-ink-3 size-3.5 shrink-0 self-center transition-transform ${isOpen ? 'rotate-90' : ''}`}
            />
            <span className="text-sm font-semibold">{title}</span>
            <span className="text-ink-3 min-w-0 grow truncate text-xs font-normal">
              {isOpen ? purpose : summary || purpose}
            </span>
            <Wrong count={wrong} />
          </button>
        </h2>
      ) : (
        <div className="flex flex-wrap items-baseline gap-x-3 px-4 pt-3">
          <h2 className="text-sm font-semibold">{title}</h2>
          <p className="text-ink-3 min-w-0 grow text-xs">{purpose}</p>
          <Wrong count={wrong} />
        </div>
      )}
      {isOpen && (
        <div id={id} className="flex flex-col gap-4 px-4 pt-2 pb-4">
          {children}
        </div>
      )}
    </section>
  );
}

function Wrong({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <span className="text-failed-text text-xs font-semibold">
      {count === 1 ? '1 error' : `${count} errors`}
    </span>
  );
}

/** Fields side by side where there is room. */
export function FieldRow({ children, columns = 2 }: { children: ReactNode; columns?: 2 | 3 | 4 }) {
  const tracks = { 2: 'sm:grid-cols-2', 3: 'sm:grid-cols-3', 4: 'sm:grid-cols-2 2xl:grid-cols-4' };
  return <div className={`grid items-start gap-4 ${tracks[columns]}`}>{children}</div>;
}
