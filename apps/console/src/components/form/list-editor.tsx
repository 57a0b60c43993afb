import { Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { Button, IconButton } from '../button';
import { useFieldError } from './errors';

/** Edits a list: each item in its frame, add at the end, remove anywhere. */
export function ListEditor<Item>({
  items,
  onChange,
  path,
  one,
  make,
  children,
  framed = false,
}: {
  items: readonly Item[];
  onChange: (items: Item[]) => void;
  path: string;
  /** What one item is called, in lower case. */
  one: string;
  make: () => Item;
  children: (item: Item, change: (item: Item) => void, path: string, index: number) => ReactNode;
  /** An item has many fields. */
  framed?: boolean;
}) {
  const error = useFieldError(path);
  const change = (index: number) => (item: Item) => onChange(items.with(index, item));
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {items.map((item, index) => (
        <div
          key={index}
          className={`flex min-w-0 items-start gap-2 ${framed ? 'border-line bg-canvas rounded-md border p-3' : ''}`}
        >
          <div className="min-w-0 grow">{children(item, change(index), `${path}[${index}]`, index)}</div>
          <IconButton
            label={`Remove ${one} ${index + 1}`}
            onClick={() => onChange(items.filter((_, at) => at !== index))}
          >
            <Trash2 className="size-4" />
          </IconButton>
        </div>
      ))}
      {error && (
        <p role="alert" className="text-failed-text text-xs font-medium">
          {error}
        </p>
      )}
      <div>
        <Button look="quiet" onClick={() => onChange([...items, make()])}>
          <Plus className="size-3.5" /> Add {one}
        </Button>
      </div>
    </div>
  );
}

/** A list of short texts, one field each. */
export function TextListEditor({
  items,
  onChange,
  path,
  one,
  placeholder,
}: {
  items: readonly string[];
  onChange: (items: string[]) => void;
  path: string;
  one: string;
  placeholder?: string;
}) {
  return (
    <ListEditor items={items} onChange={onChange} path={path} one={one} make={() => ''}>
      {(item, change, itemPath, index) => (
        <TextItem
          value={item}
          onChange={change}
          path={itemPath}
          label={`${one} ${index + 1}`}
          placeholder={placeholder}
        />
      )}
    </ListEditor>
  );
}

function TextItem({
  value,
  onChange,
  path,
  label,
  placeholder,
}: {
  value: string;
  onChange: (value: string) => void;
  path: string;
  label: string;
  placeholder?: string;
}) {
  const error = useFieldError(path);
  const errorId = useId();
  return (
    <>
      <input
        className="input font-mono text-xs"
        aria-label={label}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? errorId : undefined}
        value={value}
        placeholder={placeholder}
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
      {error && (
        <p id={errorId} role="alert" className="text-failed-text mt-1 text-xs font-medium break-words">
          {error}
        </p>
      )}
    </>
  );
}
