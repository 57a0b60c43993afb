import { useEffect } from 'react';

/** True while keys belong to a text field, or a dialog or menu is open. */
export function keysAreTaken(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  if (target?.closest('input, textarea, select, [contenteditable=true]')) return true;
  return document.querySelector('[role=dialog], [role=menu]') !== null;
}

/** Runs an action for a single key, anywhere on the page. */
export function useKeys(actions: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const action = actions[event.key];
      if (!action || keysAreTaken(event)) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [actions]);
}
