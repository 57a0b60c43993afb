import { FileChange_Action, type FileChange } from '@ostler/contracts';
import { useMemo, useState } from 'react';
import { escapedCode } from '../lib/escaped-text';
import { foldSame } from '../lib/fold-same';
import { type DiffLine, diffLines } from '../lib/line-diff';
import { pairLines, parseUnifiedDiff } from '../lib/unified-diff';

export type DiffShape = 'unified' | 'side by side';

const grounds: Readonly<Record<DiffLine['kind'], string>> = {
  same: '',
  added: 'bg-ready-soft',
  removed: 'bg-failed-soft',
};
const signs: Readonly<Record<DiffLine['kind'], string>> = { same: ' ', added: '+', removed: '−' };

/** Two texts, compared; what is far from any change is folded. */
export function TextDiff({ before, after, shape }: { before: string; after: string; shape: DiffShape }) {
  const runs = useMemo(() => foldSame(diffLines(before, after)), [before, after]);
  return runs.map((run, index) =>
    run.hidden ? (
      <FoldedLines key={index} lines={run.lines} shape={shape} />
    ) : (
      <DiffLines key={index} lines={run.lines} shape={shape} />
    ),
  );
}

function FoldedLines({ lines, shape }: { lines: readonly DiffLine[]; shape: DiffShape }) {
  const [open, setOpen] = useState(false);
  if (open) return <DiffLines lines={lines} shape={shape} />;
  return (
    <button
      type="button"
      onClick={() => setOpen(true)}
      className="bg-sunken text-ink-2 hover:bg-hover block w-full px-4 py-1 text-left text-xs"
    >
      Show {lines.length} lines that are the same
    </button>
  );
}

export function DiffLines({ lines, shape }: { lines: readonly DiffLine[]; shape: DiffShape }) {
  return shape === 'unified' ? <Unified lines={lines} /> : <SideBySide lines={lines} />;
}

function Unified({ lines }: { lines: readonly DiffLine[] }) {
  return (
    <div
      className="overflow-x-auto font-mono text-xs leading-5"
      tabIndex={0}
      role="group"
      aria-label="Changes"
    >
      <div className="min-w-max">
        {lines.map((line, index) => (
          <div key={index} className={`flex ${grounds[line.kind]}`}>
            <span className="text-ink-3 w-9 shrink-0 pr-2 text-right select-none">
              {line.after ?? line.before}
            </span>
            <span
              aria-label={line.kind === 'same' ? undefined : line.kind}
              className="w-5 shrink-0 select-none"
            >
              {signs[line.kind]}
            </span>
            <span className="pr-4 whitespace-pre">{escapedCode(line.text) || ' '}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

function SideBySide({ lines }: { lines: readonly DiffLine[] }) {
  return (
    <div
      role="group"
      aria-label="Changes, before and after"
      tabIndex={0}
      className="overflow-x-auto font-mono text-xs leading-5"
    >
      <div className="grid min-w-[44rem] grid-cols-2">
        {pairLines(lines).map(([before, after], index) => (
          <div key={index} className="contents">
            <HalfLine line={before} number={before?.before} />
            <HalfLine line={after} number={after?.after} border />
          </div>
        ))}
      </div>
    </div>
  );
}

function HalfLine({ line, number, border = false }: { line?: DiffLine; number?: number; border?: boolean }) {
  return (
    <div
      className={`flex min-w-0 ${border ? 'border-line border-l' : ''} ${line ? grounds[line.kind] : 'bg-sunken'}`}
    >
      <span className="text-ink-3 w-9 shrink-0 pr-2 text-right select-none">{number}</span>
      <span className="w-5 shrink-0 select-none">{line ? signs[line.kind] : ''}</span>
      <span className="min-w-0 pr-3 break-all whitespace-pre-wrap">{line && escapedCode(line.text)}</span>
    </div>
  );
}

/** Chooses how comparisons are shown. */
export function DiffShapeSwitch({
  shape,
  onShape,
}: {
  shape: DiffShape;
  onShape: (shape: DiffShape) => void;
}) {
  return (
    <div
      role="group"
      aria-label="How to show changes"
      className="border-line-strong inline-flex rounded-md border"
    >
      {(['unified', 'side by side'] as const).map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={one === shape}
          onClick={() => onShape(one)}
          className={`h-7 px-2.5 text-xs first:rounded-l-md last:rounded-r-md ${one === shape ? 'bg-accent-soft text-ink font-semibold' : 'text-ink-2 hover:bg-hover'}`}
        >
          {one === 'unified' ? 'Unified' : 'Side by side'}
        </button>
      ))}
    </div>
  );
}

const actionWords: Readonly<Record<FileChange_Action, string>> = {
  [FileChange_Action.UNSPECIFIED]: 'change',
  [FileChange_Action.ADD]: 'add',
  [FileChange_Action.CHANGE]: 'change',
  [FileChange_Action.REMOVE]: 'remove',
};

/** "1 to add, 2 to change, 0 to remove". */
export function fileCountsText(files: readonly FileChange[]): string {
  const count = (action: FileChange_Action): number => files.filter((file) => file.action === action).length;
  const { ADD, CHANGE, REMOVE } = FileChange_Action;
  return `${count(ADD)} to add, ${count(CHANGE)} to change, ${count(REMOVE)} to remove`;
}

/** Changed files, each with its diff to unfold. */
export function FileChanges({ files, open = true }: { files: readonly FileChange[]; open?: boolean }) {
  return (
    <ul className="divide-line divide-y">
      {files.map((file) => (
        <FileRow key={file.path} file={file} open={open} />
      ))}
    </ul>
  );
}

function FileRow({ file, open }: { file: FileChange; open: boolean }) {
  const [shown, setShown] = useState(open);
  return (
    <li className="min-w-0 py-1">
      <button
        type="button"
        aria-expanded={shown}
        onClick={() => setShown(!shown)}
        className="hover:bg-hover flex w-full items-center gap-2 rounded px-1 py-1 text-left"
      >
        <span className="text-ink-3 w-3">{shown ? '▾' : '▸'}</span>
        <code className="min-w-0 grow truncate font-mono text-xs" title={file.path}>
          {file.path}
        </code>
        <span className="text-ink-2 text-xs">{actionWords[file.action]}</span>
      </button>
      {shown &&
        parseUnifiedDiff(file.diff).map((hunk) => (
          <div key={hunk.header} className="border-line mt-1 overflow-hidden rounded border">
            <DiffLines lines={hunk.lines} shape="unified" />
          </div>
        ))}
    </li>
  );
}
