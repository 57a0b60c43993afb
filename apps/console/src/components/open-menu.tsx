import { DropdownMenu } from 'radix-ui';
import type { MenuProps } from './menu';

/** A menu that is open when it comes. */
export function OpenMenu({ trigger, items, header }: MenuProps) {
  return (
    <DropdownMenu.Root defaultOpen>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          className="bg-surface border-line shadow-float animate-appear z-50 max-w-80 min-w-44 rounded-lg border p-1 text-sm"
        >
          {header && <div className="border-line text-ink-2 mb-1 border-b px-2.5 py-2 text-xs">{header}</div>}
          {items.map((item) => (
            <DropdownMenu.Item
              key={item.label}
              disabled={item.refusal !== undefined}
              onSelect={item.onSelect}
              className={`data-highlighted:bg-hover flex cursor-pointer items-start gap-2 rounded-md px-2.5 py-1.5 outline-none data-disabled:cursor-not-allowed data-disabled:opacity-60 ${item.danger ? 'text-failed-text' : ''}`}
            >
              {item.icon && <span className="text-ink-3 mt-0.5">{item.icon}</span>}
              <span className="grow">
                {item.label}
                {item.refusal && <span className="text-ink-3 block text-xs">{item.refusal}</span>}
              </span>
              {item.checked && <span aria-label="chosen">✓</span>}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
