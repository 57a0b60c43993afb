import { Link, useLocation } from '@tanstack/react-router';
import { Menu as MenuIcon, Search } from 'lucide-react';
import { useEffect } from 'react';
import { IconButton } from '../components/button';
import { useAtLeast } from '../lib/use-width';
import { crumbsOf } from './crumbs';
import { LiveIndicator } from './live-indicator';
import { PersonMenu } from './person-menu';
import { ThemeMenu } from './theme-menu';

export function TopBar({ onMenu, onSearch }: { onMenu: () => void; onSearch: () => void }) {
  const atLeast = useAtLeast();
  return (
    <header className="bg-canvas/95 border-line sticky top-0 z-20 flex h-12 items-center gap-2 border-b px-3 backdrop-blur-sm md:px-4">
      {!atLeast('md') && (
        <IconButton label="Menu" onClick={onMenu}>
          <MenuIcon className="size-4" />
        </IconButton>
      )}
      <Crumbs />
      <div className="ml-auto flex items-center gap-1">
        <SearchButton onSearch={onSearch} wide={atLeast('lg')} />
        <LiveIndicator />
        <ThemeMenu />
        <PersonMenu />
      </div>
    </header>
  );
}

function SearchButton({ onSearch, wide }: { onSearch: () => void; wide: boolean }) {
  if (!wide) {
    return (
      <IconButton label="Search and commands" onClick={onSearch}>
        <Search className="size-4" />
      </IconButton>
    );
  }
  return (
    <button
      type="button"
      onClick={onSearch}
      className="bg-surface border-line-strong text-ink-3 hover:border-ink-3 mr-1 flex h-8 w-60 items-center gap-2 rounded-md border px-2.5 text-sm"
    >
      <Search className="size-4" />
      <span className="grow text-left">Search and commands</span>
      <kbd className="bg-sunken border-line rounded border px-1 font-sans text-2xs">Ctrl K</kbd>
    </button>
  );
}

function Crumbs() {
  const { pathname } = useLocation();
  const crumbs = crumbsOf(pathname);
  const title = [...crumbs.map(({ label }) => label).reverse(), 'Ostler'].join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <nav aria-label="Breadcrumbs" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-1.5 text-sm">
        {crumbs.map(({ label, to }, index) => (
          <li key={to} className={`flex min-w-0 items-center gap-1.5 ${index > 0 ? '' : 'shrink-0'}`}>
            {index > 0 && <span className="text-ink-3">/</span>}
            {index === crumbs.length - 1 ? (
              <span aria-current="page" className="truncate font-medium">
                {label}
              </span>
            ) : (
              <Link to={to as '/'} className="text-ink-2 hover:text-ink truncate">
                {label}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
