import type { Ostler } from '@ostler/sdk';
import { createContext, use } from 'react';

export const OstlerContext = createContext<Ostler | undefined>(undefined);

/** The client of the control plane that serves this page. */
export function useOstler(): Ostler {
  const ostler = use(OstlerContext);
  if (!ostler) throw new Error('useOstler needs an OstlerContext above it.');
  return ostler;
}
