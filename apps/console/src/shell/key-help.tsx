import { Dialog } from '../components/dialog';
import { sections } from './sections';

type KeyText = readonly [keys: readonly string[], what: string];

const anywhere: readonly KeyText[] = [
  [['Ctrl', 'K'], 'Search and commands: everything by name'],
  [['?'], 'These keys'],
  [['Esc'], 'Close what is open, choose no row'],
];

const inLists: readonly KeyText[] = [
  [['j'], 'Next row'],
  [['k'], 'Row before'],
  [['Enter'], 'Open the row'],
  [['x'], 'Choose the row, for what is done to many'],
  [['/'], 'Filter'],
];

/** Every key of the console. */
export function KeyHelp({ onClose }: { onClose: () => void }) {
  const goTo = sections.map(({ goKey, label }): KeyText => [['g', goKey], label]);
  return (
    <Dialog open wide onClose={onClose} title="Keys" text="While no field has the focus.">
      <div className="grid gap-x-8 gap-y-5 pb-3 sm:grid-cols-2">
        <div className="flex flex-col gap-5">
          <Keys title="Anywhere" keys={anywhere} />
          <Keys title="In a list" keys={inLists} />
        </div>
        <Keys title="Go to" keys={goTo} />
      </div>
      <p className="pb-3 text-sm">
        <a href="/docs/" target="_blank" rel="noreferrer" className="link">
          Documentation
        </a>
      </p>
    </Dialog>
  );
}

function Keys({ title, keys }: { title: string; keys: readonly KeyText[] }) {
  return (
    <section>
      <h3 className="text-ink-3 mb-1 text-xs font-medium">{title}</h3>
      <dl className="divide-line divide-y text-sm">
        {keys.map(([combination, what]) => (
          <div key={what} className="flex items-center justify-between gap-4 py-1.5">
            <dt>{what}</dt>
            <dd className="flex gap-1">
              {combination.map((key) => (
                <kbd
                  key={key}
                  className="bg-sunken border-line min-w-6 rounded border px-1.5 text-center font-sans text-xs"
                >
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
