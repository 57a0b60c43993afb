import { Link, type LinkProps, useRouter } from '@tanstack/react-router';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import {
  memo,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useKeys } from '../lib/keys';
import type { Selection } from '../lib/selection';
import { useAtLeast, type Width } from '../lib/use-width';

export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  /** A track of the grid: `minmax(0,2fr)`, `7rem`. */
  readonly width: string;
  readonly cell: (row: Row) => ReactNode;
  readonly sortable?: boolean;
  /** The narrowest window that shows it; one without is on cards too. */
  readonly from?: Width;
  readonly align?: 'end';
}

export interface DataTableProps<Row> {
  readonly label: string;
  /** The first one names the row and carries its link. */
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly linkOf?: (row: Row) => LinkProps;
  /** Changes when the row's content does: the row is lit for a second. */
  readonly versionOf?: (row: Row) => unknown;
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
  /** Rows can be chosen, with a box before each and the key x. */
  readonly selection?: Selection;
}

const SELECTION_TRACK = '1.25rem';
const ROW_HEIGHT = 36;
const CARD_HEIGHT = 92;
/** Below this, all rows are in the document: find-in-page and printing see them. */
const VIRTUAL_FROM = 120;

/** Rows of 36 px under a header that stays; cards in a narrow window. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const atLeast = useAtLeast();
  const asCards = !atLeast('sm');
  const columns = props.columns.filter(({ from }) => atLeast(from));
  const { selection } = props;
  const tracks = [...(selection ? [SELECTION_TRACK] : []), ...columns.map(({ width }) => width)].join(' ');
  const body = useRef<HTMLDivElement>(null);
  const rows = useVisibleRows(props.rows.length, asCards ? CARD_HEIGHT : ROW_HEIGHT, body);
  useRowKeys(body, props.rows.length, rows.scrollTo, selection?.toggle);
  return (
    <div role="table" aria-label={props.label} aria-rowcount={props.rows.length + 1} className="text-sm">
      <HeaderRow {...props} columns={columns} tracks={tracks} hidden={asCards} />
      <div role="rowgroup" ref={body} style={{ paddingTop: rows.before, paddingBottom: rows.after }}>
        {rows.indexes.map((index) => {
          const row = props.rows[index];
          if (row === undefined) return null;
          return (
            <BodyRow
              key={props.keyOf(row)}
              index={index}
              row={row}
              columns={columns}
              tracks={tracks}
              asCard={asCards}
              link={props.linkOf?.(row)}
              version={props.versionOf?.(row)}
              rowKey={props.keyOf(row)}
              choice={selection && { isChosen: selection.has(props.keyOf(row)), toggle: selection.toggle }}
            />
          );
        })}
      </div>
    </div>
  );
}

function useVisibleRows(count: number, height: number, body: React.RefObject<HTMLDivElement | null>) {
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => setMargin(body.current?.offsetTop ?? 0), [body, count]);
  const all = useMemo(
    () => Array.from({ length: Math.min(count, VIRTUAL_FROM) }, (_, index) => index),
    [count],
  );
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: () => height,
    overscan: 12,
    scrollMargin: margin,
    enabled: count > VIRTUAL_FROM,
  });
  if (count <= VIRTUAL_FROM) return { indexes: all, before: 0, after: 0, scrollTo: () => undefined };
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.start ?? margin;
  const last = items.at(-1)?.end ?? margin;
  return {
    indexes: items.map(({ index }) => index),
    before: first - margin,
    after: Math.max(0, virtualizer.getTotalSize() - (last - margin)),
    scrollTo: (index: number) => virtualizer.scrollToIndex(index),
  };
}

/** j and k move the focus between the links of the rows; Enter opens, as links do; x chooses. */
function useRowKeys(
  body: React.RefObject<HTMLDivElement | null>,
  count: number,
  scrollTo: (index: number) => void,
  toggle: ((key: string) => void) | undefined,
): void {
  const focusedRow = (): Element | null | undefined => body.current?.querySelector('[role=row]:focus-within');
  const move = (by: number): void => {
    const focused = focusedRow()?.getAttribute('data-index');
    const next = focused == null ? 0 : Math.min(count - 1, Math.max(0, Number(focused) + by));
    const link = (): HTMLElement | null | undefined =>
      body.current?.querySelector<HTMLElement>(`[data-index="${next}"] [data-row-link]`);
    scrollTo(next);
    if (link()) link()?.focus();
    else requestAnimationFrame(() => link()?.focus());
  };
  const choose = (): void => {
    const key = focusedRow()?.getAttribute('data-key');
    if (key != null) toggle?.(key);
  };
  useKeys({ j: () => move(1), k: () => move(-1), ...(toggle && { x: choose }) });
}

function HeaderRow<Row>({
  columns,
  tracks,
  hidden,
  sort = '',
  onSort,
  selection,
  label,
}: DataTableProps<Row> & { tracks: string; hidden: boolean }) {
  const [key, descending] = [sort.replace(/^-/, ''), sort.startsWith('-')];
  return (
    <div
      role="row"
      style={{ gridTemplateColumns: tracks }}
      className={
        hidden
          ? 'sr-only'
          : 'bg-surface border-line text-ink-3 sticky top-12 z-10 grid h-8 items-center gap-3 lg:gap-4 rounded-t-lg border-b px-4 text-xs font-medium'
      }
    >
      {selection && (
        <div role="columnheader">
          <SelectBox
            label={`Choose all: ${label}`}
            checked={selection.isAll}
            mixed={selection.count > 0 && !selection.isAll}
            onToggle={selection.toggleAll}
          />
        </div>
      )}
      {columns.map(({ id, header, sortable, align }) => (
        <div
          key={id}
          role="columnheader"
          aria-sort={key === id ? (descending ? 'descending' : 'ascending') : undefined}
          className={`truncate ${align === 'end' ? 'text-right' : ''}`}
        >
          {sortable && onSort ? (
            <button
              type="button"
              onClick={() => onSort(key === id && !descending ? `-${id}` : id)}
              className="hover:text-ink inline-flex items-center gap-1"
            >
              {header}
              {key === id && (descending ? <ArrowDown className="size-3" /> : <ArrowUp className="size-3" />)}
            </button>
          ) : (
            header
          )}
        </div>
      ))}
    </div>
  );
}

interface BodyRowProps<Row> {
  index: number;
  row: Row;
  columns: readonly Column<Row>[];
  tracks: string;
  asCard: boolean;
  link: LinkProps | undefined;
  version: unknown;
  rowKey: string;
  /** Absent where rows cannot be chosen. */
  choice: { readonly isChosen: boolean; readonly toggle: (key: string) => void } | undefined;
}

/** A box of the browser's own: it is focused, labelled and drawn as one. */
function SelectBox({
  label,
  id,
  of,
  checked,
  mixed = false,
  onToggle,
}: {
  label: string;
  id?: string;
  /** Id of the cell that names the row. */
  of?: string;
  checked: boolean;
  mixed?: boolean;
  onToggle: () => void;
}) {
  return (
    <input
      type="checkbox"
      id={id}
      aria-label={label}
      aria-labelledby={of && `${id} ${of}`}
      checked={checked}
      ref={(box) => {
        if (box) box.indeterminate = mixed;
      }}
      onChange={onToggle}
      className="accent-accent block size-4"
    />
  );
}

/** A change of one row draws one row: there may be a hundred, and ten tabs that show them. */
const BodyRow = memo(RowOnce, isSameRow) as typeof RowOnce;

/** Links are made anew for each drawing, and so is what chooses: they count by what they say and do. */
function isSameRow(before: BodyRowProps<unknown>, after: BodyRowProps<unknown>): boolean {
  const plain = ['index', 'row', 'tracks', 'asCard', 'version', 'rowKey'] as const;
  return (
    plain.every((name) => before[name] === after[name]) &&
    before.choice?.isChosen === after.choice?.isChosen &&
    before.columns.length === after.columns.length &&
    before.columns.every((column, at) => column === after.columns[at]) &&
    before.link?.to === after.link?.to &&
    JSON.stringify(before.link?.params) === JSON.stringify(after.link?.params)
  );
}

function RowOnce<Row>({
  index,
  row,
  columns,
  tracks,
  asCard,
  link,
  version,
  rowKey,
  choice,
}: BodyRowProps<Row>) {
  const isChosen = choice?.isChosen ?? false;
  const element = useFlash(version);
  const router = useRouter();
  const open = (event: MouseEvent): void => {
    if (!link || (event.target as HTMLElement).closest('a, button, input, label')) return;
    if (window.getSelection()?.toString()) return;
    void router.navigate(link as never);
  };
  const shape = asCard
    ? 'relative flex flex-col gap-1.5 px-4 py-3'
    : 'grid h-9 items-center gap-3 px-4 lg:gap-4';
  return (
    <div
      role="row"
      ref={element}
      data-index={index}
      data-key={rowKey}
      aria-rowindex={index + 2}
      onClick={open}
      style={asCard ? undefined : { gridTemplateColumns: tracks }}
      className={`border-line focus-within:bg-hover data-changed:bg-[var(--flash)] border-b last:border-b-0 ${link ? 'hover:bg-hover cursor-pointer' : ''} ${isChosen ? 'bg-accent-soft' : ''} ${shape}`}
    >
      {choice && (
        // A card leaves no column for it: it stands in the corner.
        <label role="cell" className={asCard ? 'absolute top-3 right-4 p-1' : ''}>
          <SelectBox
            label="Choose"
            id={`${rowKey}-box`}
            of={`${rowKey}-name`}
            checked={isChosen}
            onToggle={() => choice.toggle(rowKey)}
          />
        </label>
      )}
      {columns.map((column, at) => (
        <div
          key={column.id}
          role="cell"
          id={at === 0 && choice ? `${rowKey}-name` : undefined}
          className={
            asCard && at > 0
              ? 'flex min-w-0 gap-3'
              : `min-w-0 truncate ${column.align === 'end' ? 'text-right' : ''}`
          }
        >
          {asCard && at > 0 && (
            <span className="text-ink-3 w-24 shrink-0 text-xs leading-5">{column.header}</span>
          )}
          {at === 0 && link ? (
            <Link
              {...link}
              data-row-link
              className="text-ink font-medium [unicode-bidi:isolate] hover:underline"
            >
              {column.cell(row)}
            </Link>
          ) : (
            <span className="min-w-0 truncate [unicode-bidi:isolate]">{column.cell(row)}</span>
          )}
        </div>
      ))}
    </div>
  );
}

const FLASH_MS = 1000;

/**
 * Lights an element for a second when its version changes after the first show. Lit and unlit, nothing between: a
 * colour that fades is drawn sixty times a second, in every tab that shows the list.
 */
function useFlash(version: unknown) {
  const element = useRef<HTMLDivElement>(null);
  const shown = useRef(version);
  useEffect(() => {
    if (shown.current === version) return undefined;
    shown.current = version;
    const lit = element.current;
    lit?.toggleAttribute('data-changed', true);
    const timer = setTimeout(() => lit?.removeAttribute('data-changed'), FLASH_MS);
    return () => clearTimeout(timer);
  }, [version]);
  return element;
}
