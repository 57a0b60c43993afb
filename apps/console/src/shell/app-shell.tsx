import { Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { useAtLeast } from '../lib/use-width';
import { SkeletonRows } from '../components/panels';
import { Rail } from './rail';
import { useShellKeys } from './shell-keys';
import { StaleBar } from './stale-bar';
import { TopBar } from './top-bar';

const RailSheet = lazy(() =>
  import('./rail-sheet').then(({ RailSheet: component }) => ({ default: component })),
);
const KeyHelp = lazy(() => import('./key-help').then(({ KeyHelp: component }) => ({ default: component })));
const loadPalette = () => import('./palette');
const Palette = lazy(() => loadPalette().then(({ Palette: component }) => ({ default: component })));

/** Rail, top bar and the page. */
export function AppShell() {
  const atLeast = useAtLeast();
  const [railOpen, setRailOpen] = useState(false);
  const [paletteOpen, setPaletteOpen] = useState(false);
  const [helpOpen, setHelpOpen] = useState(false);
  const openHelp = useCallback(() => setHelpOpen(true), []);
  useShellKeys(openHelp);
  usePaletteKey(setPaletteOpen);
  usePaletteSoon();
  const isLoading = useRouterState({ select: ({ status }) => status === 'pending' });
  const isNarrow = !atLeast('xl');
  return (
    <div className="flex min-h-screen">
      <a
        href="#page"
        className="bg-accent text-accent-ink sr-only z-50 rounded px-3 py-1 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the page
      </a>
      {atLeast('md') ? (
        <div
          className={`bg-surface border-line sticky top-0 h-screen shrink-0 border-r ${isNarrow ? 'w-14' : 'w-[232px]'}`}
        >
          <Rail narrow={isNarrow} />
        </div>
      ) : (
        railOpen && (
          <Suspense fallback={null}>
            <RailSheet onClose={() => setRailOpen(false)} />
          </Suspense>
        )
      )}
      <div className="flex min-w-0 grow flex-col">
        <TopBar onMenu={() => setRailOpen(true)} onSearch={() => setPaletteOpen(true)} />
        <StaleBar />
        <main id="page" tabIndex={-1} aria-busy={isLoading} className="min-w-0 grow outline-none">
          <Suspense fallback={<SkeletonRows />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      {helpOpen && (
        <Suspense fallback={null}>
          <KeyHelp onClose={() => setHelpOpen(false)} />
        </Suspense>
      )}
      {paletteOpen && (
        <Suspense fallback={null}>
          <Palette onClose={() => setPaletteOpen(false)} onHelp={openHelp} />
        </Suspense>
      )}
    </div>
  );
}

function usePaletteKey(setOpen: (change: (open: boolean) => boolean) => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setOpen((open) => !open);
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [setOpen]);
}

/** Loaded while nobody waits for it, so that the first key after Ctrl-K is not lost. */
function usePaletteSoon(): void {
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette(), 1500);
    return () => clearTimeout(timer);
  }, []);
}
