import { useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';

/** For what the address may name after its #, also when it comes after the page: brought into view and lit. */
export function useHashTarget<E extends HTMLElement>(id: string) {
  const ref = useRef<E>(null);
  const isTarget = useLocation({ select: ({ hash }) => hash === id });
  useEffect(() => {
    if (isTarget) ref.current?.scrollIntoView({ block: 'center' });
  }, [isTarget]);
  return { ref, className: isTarget ? 'bg-accent-soft' : '' };
}
