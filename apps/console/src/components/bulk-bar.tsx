import type { ReactNode } from 'react';
import { countText } from '../lib/amounts';
import type { Selection } from '../lib/selection';
import { Button } from './button';

/** What can be done with the chosen rows, at the foot of the window while there are some. */
export function BulkBar({
  selection,
  noun,
  children,
}: {
  selection: Selection;
  /** One of them, like "server". */
  noun: string;
  children: ReactNode;
}) {
  if (selection.count === 0) return null;
  return (
    <div
      role="region"
      aria-label="Chosen rows"
      className="bg-surface border-line shadow-float sticky bottom-3 z-20 mx-3 mt-2 mb-3 flex flex-wrap items-center gap-2 rounded-lg border p-2 pl-4"
    >
      <span role="status" className="mr-auto text-sm font-medium">
        {countText(selection.count, noun)} chosen
      </span>
      {children}
      <Button look="quiet" onClick={selection.clear}>
        Choose none
      </Button>
    </div>
  );
}
