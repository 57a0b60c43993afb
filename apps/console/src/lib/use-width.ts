import { useSyncExternalStore } from 'react';

/** Widths at which the layout changes, in pixels; the same as Tailwind's. */
export const widths = { sm: 640, md: 768, lg: 1024, xl: 1280, '2xl': 1536 } as const;
export type Width = keyof typeof widths;

const order: readonly Width[] = ['sm', 'md', 'lg', 'xl', '2xl'];

function widest(): Width | undefined {
  return order.findLast((width) => window.innerWidth >= widths[width]);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('resize', listener);
  return () => window.removeEventListener('resize', listener);
}

/** True when the window is at least this wide. */
export function useAtLeast(): (width: Width | undefined) => boolean {
  const present = useSyncExternalStore(subscribe, widest);
  const reached = present ? order.indexOf(present) : -1;
  return (width) => width === undefined || order.indexOf(width) <= reached;
}
