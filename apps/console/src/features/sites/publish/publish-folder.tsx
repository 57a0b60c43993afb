import type { Release } from '@ostler/contracts';
import { FolderUp } from 'lucide-react';
import { type DragEvent, useEffect, useRef, useState } from 'react';
import { Button } from '../../../components/button';
import { ErrorPanel } from '../../../components/panels';
import { StatusShape } from '../../../components/status';
import { bytesText, countText } from '../../../lib/amounts';
import { escapedText } from '../../../lib/escaped-text';
import { filesOfDrop, filesOfFolder, type RefusedName } from './local-files';
import { type PublishState, usePublish } from './use-publish';

/** A place to drop a folder on: its files become a release. */
export function PublishFolder({
  onPublished,
  refusal,
}: {
  onPublished: (release: Release) => void;
  /** Why the person may not publish. */
  refusal?: string | undefined;
}) {
  const { state, publish, stop } = usePublish(onPublished);
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useNoDropElsewhere();
  const isBusy = state.step === 'list' || state.step === 'read' || state.step === 'send';
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const { items } = event.dataTransfer;
    if (refusal === undefined && !isBusy) void publish(() => filesOfDrop(items));
  };
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <div
        role="group"
        aria-label="Publish a folder"
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        className={`flex flex-col items-center gap-2 rounded-lg border border-dashed px-4 py-6 text-center text-sm ${over ? 'border-accent bg-accent-soft' : 'border-line-strong'}`}
      >
        {isBusy ? (
          <Progress state={state} onStop={stop} />
        ) : (
          <>
            <FolderUp className="text-ink-3 size-5" aria-hidden />
            <p className="text-ink-2">Drop the folder of the finished site here, or</p>
            <Button refusal={refusal} onClick={() => input.current?.click()}>
              Choose a folder
            </Button>
          </>
        )}
        <input
          ref={input}
          type="file"
          hidden
          aria-label="Folder to publish"
          // Not in React's types of every browser: the whole folder, not one file.
          {...{ webkitdirectory: '' }}
          onChange={({ target }) => {
            const files = filesOfFolder(target.files ?? []);
            target.value = '';
            void publish(() => Promise.resolve(files));
          }}
        />
      </div>
      {state.step === 'refused' && <RefusedNames names={state.names} files={state.files} />}
      {state.step === 'failed' && <ErrorPanel error={state.error} />}
      {state.step === 'published' && <Published release={state.release} sentBytes={state.sentBytes} />}
    </div>
  );
}

/** A file that is dropped beside the place for it would be opened by the browser instead of this page. */
function useNoDropElsewhere(): void {
  useEffect(() => {
    const keep = (event: Event): void => event.preventDefault();
    window.addEventListener('dragover', keep);
    window.addEventListener('drop', keep);
    return () => {
      window.removeEventListener('dragover', keep);
      window.removeEventListener('drop', keep);
    };
  }, []);
}

const steps = { list: 'Listing the files', read: 'Reading', send: 'Sending what is new' } as const;

function Progress({ state, onStop }: { state: PublishState; onStop: () => void }) {
  if (state.step !== 'list' && state.step !== 'read' && state.step !== 'send') return null;
  const amounts = state.step === 'list' ? undefined : state;
  const share = amounts && amounts.allBytes > 0 ? amounts.doneBytes / amounts.allBytes : undefined;
  return (
    <div className="flex w-full max-w-sm flex-col gap-2">
      <p>
        {steps[state.step]}
        {amounts && (
          <span className="text-ink-2 tabular-nums">
            {' '}
            {bytesText(amounts.doneBytes)} of {bytesText(amounts.allBytes)}
          </span>
        )}
      </p>
      <progress aria-label={steps[state.step]} max={1} value={share} className="accent-accent h-2 w-full" />
      <div>
        <Button look="quiet" onClick={onStop}>
          Stop
        </Button>
      </div>
    </div>
  );
}

const MOST_SHOWN = 50;

function RefusedNames({ names, files }: { names: readonly RefusedName[]; files: number }) {
  return (
    <div role="alert" className="bg-failed-soft border-failed/40 min-w-0 rounded-lg border p-3 text-sm">
      <p className="font-semibold">
        Nothing was published: {countText(names.length, 'name')} of {countText(files, 'file')} cannot be
        served safely.
      </p>
      <ul className="mt-2 flex max-h-64 flex-col gap-1 overflow-y-auto">
        {names.slice(0, MOST_SHOWN).map(({ path, why }) => (
          <li key={path} className="min-w-0">
            <code className="font-mono text-xs break-all">
              <bdi>{escapedText(path)}</bdi>
            </code>{' '}
            <span className="text-ink-2">{why}</span>
          </li>
        ))}
      </ul>
      {names.length > MOST_SHOWN && <p className="text-ink-2 mt-1">and {names.length - MOST_SHOWN} more</p>}
      <p className="mt-2">Rename them, then drop the folder again.</p>
    </div>
  );
}

function Published({ release, sentBytes }: { release: Release; sentBytes: number }) {
  return (
    <div role="status" className="flex min-w-0 items-start gap-2 text-sm">
      <StatusShape state="ready" className="mt-1" />
      <div className="min-w-0">
        <p>
          Published {countText(release.files, 'file')}, {bytesText(release.bytes)};{' '}
          {sentBytes === 0 ? 'all of it was there already' : `${bytesText(sentBytes)} were new`}.
        </p>
        <code className="text-ink-2 font-mono text-xs break-all">{release.digest}</code>
      </div>
    </div>
  );
}
