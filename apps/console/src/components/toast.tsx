import { explainError } from '@ostler/sdk';
import { X } from 'lucide-react';
import { createContext, type ReactNode, use, useCallback, useMemo, useState } from 'react';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly failed: boolean;
}

interface Toasts {
  /** Says that something was done. */
  readonly say: (text: string) => void;
  /** Says why something failed. */
  readonly fail: (error: unknown) => void;
}

const ToastContext = createContext<Toasts | undefined>(undefined);
const SHOWN_MS = 6000;
let lastId = 0;

export function useToasts(): Toasts {
  const toasts = use(ToastContext);
  if (!toasts) throw new Error('useToasts needs a ToastProvider above it.');
  return toasts;
}

/** Short messages at the bottom; errors stay until they are closed. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<readonly Toast[]>([]);
  const close = useCallback((id: number) => setShown((all) => all.filter((one) => one.id !== id)), []);
  const add = useCallback(
    (text: string, failed: boolean) => {
      const id = ++lastId;
      setShown((all) => [...all.slice(-2), { id, text, failed }]);
      if (!failed) setTimeout(() => close(id), SHOWN_MS);
    },
    [close],
  );
  const toasts = useMemo(
    () => ({
      say: (text: string) => add(text, false),
      fail: (error: unknown) => {
        const { title, message } = explainError(error);
        add(`${title}. ${message}`, true);
      },
    }),
    [add],
  );
  return (
    <ToastContext value={toasts}>
      {children}
      <div
        role="region"
        aria-label="Messages"
        aria-live="polite"
        className="fixed right-3 bottom-3 z-50 flex w-[min(26rem,calc(100vw-1.5rem))] flex-col gap-2"
      >
        {shown.map((toast) => (
          <div
            key={toast.id}
            className={`bg-surface shadow-float animate-appear flex items-start gap-2 rounded-lg border p-3 text-sm ${toast.failed ? 'border-failed' : 'border-line'}`}
          >
            <p className="min-w-0 grow break-words">{toast.text}</p>
            <button
              type="button"
              aria-label="Close message"
              onClick={() => close(toast.id)}
              className="text-ink-3 hover:text-ink"
            >
              <X className="size-4" />
            </button>
          </div>
        ))}
      </div>
    </ToastContext>
  );
}
