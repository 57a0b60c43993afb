import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { keysAreTaken } from '../lib/keys';
import { sections } from './sections';

const FOLLOWS_WITHIN_MS = 1000;

/** `g` and a letter goes to a section, `?` tells every key. */
export function useShellKeys(onHelp: () => void): void {
  const navigate = useNavigate();
  useEffect(() => {
    let goUntil = 0;
    const press = (event: KeyboardEvent): void => {
      if (keysAreTaken(event)) return;
      const isSecond = event.timeStamp < goUntil;
      goUntil = event.key === 'g' && !isSecond ? event.timeStamp + FOLLOWS_WITHIN_MS : 0;
      const section = isSecond ? sections.find(({ goKey }) => goKey === event.key) : undefined;
      if (section) void navigate({ to: section.to });
      else if (event.key === '?') onHelp();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [navigate, onHelp]);
}
