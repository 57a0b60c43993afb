import { Dialog } from 'radix-ui';
import { Rail } from './rail';

/** The rail over the page, in a narrow window. */
export function RailSheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="bg-overlay fixed inset-0 z-40" />
        <Dialog.Content
          aria-describedby={undefined}
          className="bg-surface border-line shadow-float animate-slide-in fixed inset-y-0 left-0 z-40 w-64 border-r"
        >
          <Dialog.Title className="sr-only">Menu</Dialog.Title>
          <Rail narrow={false} onGo={onClose} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
