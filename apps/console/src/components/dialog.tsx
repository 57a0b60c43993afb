import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { IconButton } from './button';

/** The first field, or the dialog itself: never the cross, whose hint would cover something. */
function focusFirstField(event: Event): void {
  event.preventDefault();
  const content = event.target instanceof HTMLElement ? event.target : undefined;
  (content?.querySelector<HTMLElement>('input, select, textarea') ?? content)?.focus();
}

/** A dialog over the page. Escape and the cross close it; the focus goes back to where it was. */
export function Dialog({
  open,
  onClose,
  title,
  text,
  children,
  footer,
  wide = false,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  text?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
}) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="bg-overlay fixed inset-0 z-40" />
        <Radix.Content
          onOpenAutoFocus={focusFirstField}
          className={`bg-surface border-line shadow-float animate-appear fixed inset-x-3 top-[8vh] z-40 mx-auto flex max-h-[84vh] flex-col rounded-xl border ${wide ? 'max-w-3xl' : 'max-w-lg'}`}
        >
          <div className="flex items-start gap-3 px-5 pt-4 pb-2">
            <div className="min-w-0 grow">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              <Radix.Description className="text-ink-2 text-sm">{text}</Radix.Description>
            </div>
            <Radix.Close asChild>
              <IconButton label="Close">
                <X className="size-4" />
              </IconButton>
            </Radix.Close>
          </div>
          <div className="min-h-0 overflow-y-auto px-5 py-2">{children}</div>
          {footer && (
            <div className="border-line mt-2 flex flex-wrap justify-end gap-2 border-t px-5 py-3">
              {footer}
            </div>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
