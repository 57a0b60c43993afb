import { Slot } from 'radix-ui';
import { type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';

const SHOWN_AFTER_MS = 400;
const GAP = 6;

/**
 * A short text below what the pointer or the focus is on; Escape takes it away. It repeats nothing that is
 * needed to act. Nothing is shown without a text.
 */
export function Hint({ text, children }: { text: ReactNode; children: ReactNode }) {
  const [at, setAt] = useState<DOMRect>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const id = useId();
  const hide = (): void => {
    clearTimeout(timer.current);
    setAt(undefined);
  };
  const show = (element: Element, afterMs: number): void => {
    clearTimeout(timer.current);
    if (text === undefined) return;
    timer.current = setTimeout(() => setAt(element.getBoundingClientRect()), afterMs);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <>
      <Slot.Root
        aria-describedby={at && text !== undefined ? id : undefined}
        onPointerEnter={({ currentTarget, pointerType }) => {
          if (pointerType !== 'touch') show(currentTarget, SHOWN_AFTER_MS);
        }}
        onPointerLeave={hide}
        onPointerDown={hide}
        onFocus={({ currentTarget }) => {
          if (currentTarget.matches(':focus-visible')) show(currentTarget, 0);
        }}
        onBlur={hide}
        onKeyDown={({ key }) => {
          if (key === 'Escape') hide();
        }}
      >
        {children}
      </Slot.Root>
      {at && text !== undefined && createPortal(<Bubble id={id} at={at} text={text} />, document.body)}
    </>
  );
}

/** Below its anchor, above it where there is no room, and never outside the window. */
function Bubble({ id, at, text }: { id: string; at: DOMRect; text: ReactNode }) {
  const bubble = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = bubble.current;
    if (!element) return;
    const { width, height } = element.getBoundingClientRect();
    const below = at.bottom + GAP + height <= window.innerHeight;
    const middle = at.left + at.width / 2 - width / 2;
    element.style.left = `${Math.max(GAP, Math.min(middle, document.documentElement.clientWidth - width - GAP))}px`;
    element.style.top = `${below ? at.bottom + GAP : at.top - GAP - height}px`;
  }, [at]);
  return (
    <div
      ref={bubble}
      id={id}
      role="tooltip"
      className="bg-ink text-canvas shadow-float pointer-events-none fixed top-0 left-0 z-50 max-w-72 rounded-md px-2 py-1 text-xs"
    >
      {text}
    </div>
  );
}
