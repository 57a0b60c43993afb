import MiniSearch from 'minisearch';

import type { SearchEntry } from '../search-entry.ts';

const root = document.documentElement.dataset['root'] ?? '.';
const mostShown = 12;

interface Found extends SearchEntry {
  readonly terms: readonly string[];
}

/** Reads the pages when somebody first wants to search, never before. */
async function loadIndex(): Promise<(query: string) => Found[]> {
  const response = await fetch(`${root}/search.json`);
  if (!response.ok) throw new Error(`status ${response.status}`);
  const entries = (await response.json()) as SearchEntry[];
  const index = new MiniSearch<SearchEntry & { id: number }>({
    fields: ['heading', 'page', 'text'],
    // A reason like AGENT_TOO_OLD is found whole and by its words.
    tokenize: (text) =>
      text
        .split(/[^\p{L}\p{N}_]+/u)
        .flatMap((word) => [word, ...word.split('_').filter((part) => part !== word)]),
  });
  index.addAll(entries.map((entry, id) => ({ ...entry, id })));
  return (query) =>
    index
      .search(query, {
        boost: { heading: 5, page: 2 },
        prefix: (term) => term.length > 2,
        fuzzy: (term) => (term.length > 4 ? 0.2 : false),
        combineWith: 'AND',
        // A guide says how; the reference says all, and would drown it.
        boostDocument: (id) =>
          /^(reference|adr|checklists)\//.test(entries[Number(id)]?.address ?? '') ? 0.6 : 1,
      })
      .slice(0, mostShown)
      .flatMap(({ id, terms }) => (entries[Number(id)] ? [{ ...entries[Number(id)]!, terms }] : []));
}

export function startSearch(): void {
  const button = document.querySelector<HTMLButtonElement>('.search-button');
  if (!button) return;
  button.hidden = false;
  const open = makeDialog();
  button.addEventListener('click', open);
  document.addEventListener('keydown', (event) => {
    const typing = (event.target as HTMLElement).matches('input, textarea, [contenteditable]');
    const slash = event.key === '/' && !typing;
    if (!slash && !(event.key === 'k' && (event.metaKey || event.ctrlKey))) return;
    event.preventDefault();
    open();
  });
}

function makeDialog(): () => void {
  const dialog = document.createElement('dialog');
  dialog.className = 'search';
  dialog.setAttribute('aria-label', 'Search the documentation');
  dialog.innerHTML = `<input type="search" aria-label="Search" placeholder="Search the documentation" autocomplete="off" spellcheck="false"><p role="status"></p><ul></ul>`;
  document.body.append(dialog);
  const input = dialog.querySelector('input')!;
  const status = dialog.querySelector('p')!;
  const list = dialog.querySelector('ul')!;
  let index: ReturnType<typeof loadIndex> | undefined;
  const search = async (): Promise<void> => {
    const query = input.value.trim();
    const found = query === '' || !index ? [] : (await index)(query);
    // What was typed while the pages were read is searched for by its own event.
    if (query !== input.value.trim()) return;
    list.replaceChildren(...found.map(resultOf));
    status.textContent = query === '' ? '' : summary(found.length, query);
  };
  const run = (): void => {
    search().catch((error: unknown) => {
      index = undefined;
      status.textContent = `The search could not be loaded (${String(error)}). Close this and try again.`;
    });
  };
  input.addEventListener('input', run);
  dialog.addEventListener('keydown', (event) => moveInResults(event, input, list));
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog || (event.target as HTMLElement).closest('a')) dialog.close();
  });
  return () => {
    index ??= loadIndex();
    dialog.showModal();
    input.select();
    run();
  };
}

function summary(count: number, query: string): string {
  if (count === 0) return `Nothing has all of “${query}”. Fewer words find more.`;
  return count === mostShown ? `The ${count} best` : `${count} found`;
}

function resultOf(found: Found): HTMLLIElement {
  const item = document.createElement('li');
  const link = document.createElement('a');
  link.href = `${root}/${found.address}`;
  const heading = document.createElement('strong');
  heading.textContent = found.heading;
  const page = document.createElement('span');
  page.textContent = found.heading === found.page ? '' : found.page;
  const excerpt = document.createElement('small');
  excerpt.append(...excerptOf(found));
  link.append(heading, page, excerpt);
  item.append(link);
  return item;
}

/** The text around the first word that was found, which is marked. */
function excerptOf({ text, terms }: Found): (string | HTMLElement)[] {
  const lower = text.toLowerCase();
  const places = terms.map((term) => ({ term, at: lower.indexOf(term) })).filter(({ at }) => at !== -1);
  const first = places.toSorted((one, other) => one.at - other.at)[0];
  if (!first) return [text.slice(0, 120)];
  const from = Math.max(0, first.at - 40);
  const end = first.at + first.term.length;
  const mark = document.createElement('mark');
  mark.textContent = text.slice(first.at, end);
  return [`${from > 0 ? '…' : ''}${text.slice(from, first.at)}`, mark, text.slice(end, end + 80)];
}

/** Down and up go through the results, Enter in the field opens the first. */
function moveInResults(event: KeyboardEvent, input: HTMLInputElement, list: HTMLElement): void {
  const links = [...list.querySelectorAll('a')];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  if (event.key === 'Enter' && at === -1) links[0]?.click();
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step === 0) return;
  event.preventDefault();
  (links[at + step] ?? (step === -1 ? input : links.at(-1)))?.focus();
}
