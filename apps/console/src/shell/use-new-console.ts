import { useEffect, useRef, useState } from 'react';

/**
 * True when the control plane serves another console than the one that runs here: it was upgraded. Looked at
 * whenever the live data comes back, because that is what an upgrade looks like from here. It is offered, not
 * forced: somebody may be typing.
 */
export function useNewConsole(phase: string): boolean {
  const running = useRef<string>(undefined);
  const [isNew, setNew] = useState(false);
  useEffect(() => {
    if (phase !== 'live') return undefined;
    let isOver = false;
    void tagOfPage().then((tag) => {
      if (isOver || tag === undefined) return;
      running.current ??= tag;
      setNew(running.current !== tag);
    });
    return () => {
      isOver = true;
    };
  }, [phase]);
  return isNew;
}

async function tagOfPage(): Promise<string | undefined> {
  const page = await fetch('/index.html', { method: 'HEAD', cache: 'no-store' }).catch(() => undefined);
  return page?.headers.get('etag') ?? undefined;
}
