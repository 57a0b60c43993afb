import { useEffect, useMemo, useState } from 'react';

/** Which rows of a list are chosen, and how to change it. */
export interface Selection {
  readonly count: number;
  readonly isAll: boolean;
  readonly has: (key: string) => boolean;
  readonly toggle: (key: string) => void;
  /** Every row that is shown, or none when every one is chosen. */
  readonly toggleAll: () => void;
  readonly clear: () => void;
}

const NOBODY: ReadonlySet<string> = new Set();

/**
 * The chosen ones among the rows that are shown: what a filter hides is not acted on, and a row that goes
 * is no longer chosen. Escape chooses none.
 */
export function useSelection<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): { readonly selection: Selection; readonly chosen: readonly Row[] } {
  const [keys, setKeys] = useState(NOBODY);
  const chosen = useMemo(
    () => (keys.size === 0 ? [] : rows.filter((row) => keys.has(keyOf(row)))),
    [rows, keys, keyOf],
  );
  const clear = (): void => setKeys(NOBODY);
  useEscape(chosen.length > 0, clear);
  const isAll = rows.length > 0 && chosen.length === rows.length;
  const selection: Selection = {
    count: chosen.length,
    isAll,
    has: (key) => keys.has(key),
    toggle: (key) => setKeys((before) => toggled(before, key)),
    toggleAll: () => setKeys(isAll ? NOBODY : new Set(rows.map(keyOf))),
    clear,
  };
  return { selection, chosen };
}

function toggled(before: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const after = new Set(before);
  if (!after.delete(key)) after.add(key);
  return after;
}

/** Not while a dialog or menu is open: Escape closes that. */
function useEscape(active: boolean, run: () => void): void {
  useEffect(() => {
    if (!active) return;
    const press = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      if (document.querySelector('[role=dialog], [role=menu]') === null) run();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [active, run]);
}
