import { createContext } from 'react';
import type { HubClient } from './hub-client';

/** What the tabs of this browser share. Without one, as in tests of components, a page has streams of its own. */
export const HubContext = createContext<HubClient | undefined>(undefined);
