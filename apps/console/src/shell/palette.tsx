import { useNavigate } from '@tanstack/react-router';
import { Dialog } from 'radix-ui';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { type Command, useCommands } from './commands';

const MOST_SHOWN = 40;

/** Everything by name: pages, things, people, settings, and what can be done. */
export function Palette({ onClose, onHelp }: { onClose: () => void; onHelp: () => void }) {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const navigate = useNavigate();
  const commands = useCommands(text, onHelp);
  const found = commands.slice(0, MOST_SHOWN);
  const write = (next: string): void => {
    setText(next);
    setActive(0);
  };
  const run = (command: Command | undefined): void => {
    if (!command || command.refusal !== undefined) return;
    if (command.text !== undefined) return write(command.text);
    onClose();
    if (command.link) void navigate(command.link as never);
    else command.run?.();
  };
  const press = (event: KeyboardEvent): void => {
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const move = moves[event.key];
    if (move !== undefined) {
      event.preventDefault();
      setActive((at) => (at + move + found.length) % Math.max(1, found.length));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(found[active]);
    }
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="bg-overlay fixed inset-0 z-40" />
        <Dialog.Content
          aria-describedby={undefined}
          className="bg-surface border-line shadow-float animate-appear fixed inset-x-3 top-[10vh] z-50 mx-auto max-w-xl overflow-hidden rounded-xl border"
        >
          <Dialog.Title className="sr-only">Search and commands</Dialog.Title>
          <input
            role="combobox"
            aria-expanded
            aria-controls="palette-list"
            aria-activedescendant={found[active] ? `palette-${active}` : undefined}
            aria-label="Search and commands"
            autoFocus
            className="border-line placeholder:text-ink-3 h-12 w-full border-b bg-transparent px-4 text-base outline-none"
            placeholder="Go to anything by name, or do something"
            value={text}
            spellCheck={false}
            onKeyDown={press}
            onChange={(event) => write(event.target.value)}
          />
          <CommandList found={found} active={active} onRun={run} onActive={setActive} />
          {commands.length > MOST_SHOWN && (
            <p className="text-ink-3 border-line border-t px-4 py-2 text-xs">
              The first {MOST_SHOWN} of {commands.length.toLocaleString('en')}. Type more of the name.
            </p>
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function CommandList({
  found,
  active,
  onRun,
  onActive,
}: {
  found: readonly Command[];
  active: number;
  onRun: (command: Command) => void;
  onActive: (index: number) => void;
}) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <ul
      ref={list}
      id="palette-list"
      role="listbox"
      aria-label="Results"
      className="max-h-[50vh] overflow-y-auto p-1.5"
    >
      {found.length === 0 && (
        <li
          role="option"
          aria-selected={false}
          aria-disabled
          className="text-ink-3 px-3 py-6 text-center text-sm"
        >
          Nothing has this name.
        </li>
      )}
      {found.map((command, index) => {
        const Icon = command.icon;
        return (
          <li
            key={command.key}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === active}
            aria-disabled={command.refusal !== undefined}
            onMouseMove={() => onActive(index)}
            onClick={() => onRun(command)}
            className={`flex cursor-pointer items-center gap-2.5 rounded-md px-3 py-2 text-sm ${index === active ? 'bg-hover' : ''} ${command.refusal === undefined ? '' : 'opacity-60'}`}
          >
            <Icon className="text-ink-3 size-4 shrink-0" />
            <span className="min-w-0 grow truncate [unicode-bidi:isolate]">{command.label}</span>
            <span className="text-ink-3 max-w-[50%] truncate text-xs">{command.refusal ?? command.hint}</span>
          </li>
        );
      })}
    </ul>
  );
}
