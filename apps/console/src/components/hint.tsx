import { Tooltip } from 'radix-ui';
import type { ReactNode } from 'react';

/** A short text at the pointer or the focus; it repeats nothing that is needed to act. */
export function Hint({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          sideOffset={5}
          collisionPadding={8}
          className="bg-ink text-canvas shadow-float z-50 max-w-72 rounded-md px-2 py-1 text-xs"
        >
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
