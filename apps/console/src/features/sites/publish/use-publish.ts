import type { Release } from '@ostler/contracts';
import type { Violation } from '@ostler/kernel';
import { type ExplainedError, explainError, isCancelled, sendRelease } from '@ostler/sdk';
import { useEffect, useRef, useState } from 'react';
import { useOstler } from '../../../api/ostler';
import { type LocalFile, refuseCount, refusedNames, type RefusedName } from './local-files';

export type PublishState =
  | { readonly step: 'choose' }
  /** Names are gathered, then contents read for their hashes, then sent. */
  | { readonly step: 'list' }
  | { readonly step: 'read' | 'send'; readonly doneBytes: number; readonly allBytes: number }
  | { readonly step: 'refused'; readonly names: readonly RefusedName[]; readonly files: number }
  | { readonly step: 'failed'; readonly error: ExplainedError }
  | { readonly step: 'published'; readonly release: Release; readonly sentBytes: number };

/** Publishes a folder of this machine: all of it, or nothing when one name is refused. */
export function usePublish(onPublished: (release: Release) => void) {
  const ostler = useOstler();
  const [state, setState] = useState<PublishState>({ step: 'choose' });
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const publish = async (gather: () => Promise<LocalFile[]>): Promise<void> => {
    running.current?.abort();
    const { signal } = (running.current = new AbortController());
    const show = (next: PublishState): void => {
      if (!signal.aborted) setState(next);
    };
    show({ step: 'list' });
    let files: LocalFile[] = [];
    try {
      files = await gather();
      refuseCount(files);
      const names = refusedNames(files);
      if (names.length > 0) return show({ step: 'refused', names, files: files.length });
      const { release, sentBytes } = await send(ostler, files, show, signal);
      show({ step: 'published', release, sentBytes });
      if (!signal.aborted) onPublished(release);
    } catch (error) {
      if (isCancelled(error) || signal.aborted) return;
      const explained = explainError(error);
      const names = explained.violations.flatMap((one) => nameRefusedBy(one, files));
      show(
        names.length > 0
          ? { step: 'refused', names, files: files.length }
          : { step: 'failed', error: explained },
      );
    }
  };
  const stop = (): void => {
    running.current?.abort();
    setState({ step: 'choose' });
  };
  return { state, publish, stop };
}

async function send(
  ostler: ReturnType<typeof useOstler>,
  files: readonly LocalFile[],
  show: (state: PublishState) => void,
  signal: AbortSignal,
): Promise<{ release: Release; sentBytes: number }> {
  const allBytes = files.reduce((sum, { file }) => sum + file.size, 0);
  let readBytes = 0;
  const onRead = (bytes: number): void => show({ step: 'read', doneBytes: (readBytes += bytes), allBytes });
  onRead(0);
  const { readContents } = await import('./read-contents');
  const contents = await readContents(files, onRead, signal);
  let sentBytes = 0;
  const release = await sendRelease(ostler, contents, {
    signal,
    onProgress: (progress) => {
      ({ sentBytes } = progress);
      show({ step: 'send', doneBytes: sentBytes, allBytes: progress.missingBytes });
    },
  });
  return { release, sentBytes };
}

/** The control plane names files by their place in the list. */
function nameRefusedBy({ field, message }: Violation, files: readonly LocalFile[]): RefusedName[] {
  const index = /^files\[(\d+)\]/.exec(field)?.[1];
  const path = index === undefined ? undefined : files[Number(index)]?.path;
  return path === undefined ? [] : [{ path, why: message }];
}
