const KEY = 'ostler.docs.tab';

/** Turns the ways of one task into tabs; which way a reader goes is kept for all pages. */
export function showTabs(): void {
  const groups = [...document.querySelectorAll<HTMLElement>('.tabs')].map(makeGroup);
  const choose = (name: string): void => {
    for (const group of groups) group(name);
  };
  document.addEventListener('ostler-tab', (event) => {
    const name = (event as CustomEvent<string>).detail;
    try {
      localStorage.setItem(KEY, name);
    } catch {
      // Storage is forbidden: the choice holds on this page.
    }
    choose(name);
  });
  choose(keptTab() ?? '');
}

function keptTab(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Returns what shows the panel of a name; of a name that it has not, nothing changes. */
function makeGroup(group: HTMLElement, number: number): (name: string) => void {
  const panels = [...group.querySelectorAll<HTMLElement>(':scope > .panel')];
  const list = document.createElement('div');
  list.setAttribute('role', 'tablist');
  list.setAttribute('aria-label', 'Ways to do it');
  const tabs = panels.map((panel, index) => makeTab(panel, `tab-${number}-${index}`));
  list.append(...tabs);
  group.prepend(list);
  group.classList.add('live');
  const show = (at: number): void => {
    for (const [index, panel] of panels.entries()) {
      panel.hidden = index !== at;
      tabs[index]?.setAttribute('aria-selected', String(index === at));
      if (tabs[index]) tabs[index].tabIndex = index === at ? 0 : -1;
    }
  };
  moveByKeys(list, tabs);
  show(0);
  return (name) => {
    const at = panels.findIndex((panel) => panel.dataset['tab'] === name);
    if (at !== -1) show(at);
  };
}

function makeTab(panel: HTMLElement, id: string): HTMLButtonElement {
  const name = panel.dataset['tab'] ?? '';
  const tab = document.createElement('button');
  tab.type = 'button';
  tab.id = id;
  tab.textContent = name;
  tab.setAttribute('role', 'tab');
  tab.setAttribute('aria-controls', `${id}-panel`);
  panel.id = `${id}-panel`;
  panel.setAttribute('role', 'tabpanel');
  panel.setAttribute('aria-labelledby', id);
  panel.removeAttribute('aria-label');
  tab.addEventListener('click', () => {
    // Groups above change their height: what the reader looks at stays where it is.
    const before = tab.getBoundingClientRect().top;
    document.dispatchEvent(new CustomEvent('ostler-tab', { detail: name }));
    scrollBy(0, tab.getBoundingClientRect().top - before);
  });
  return tab;
}

function moveByKeys(list: HTMLElement, tabs: readonly HTMLButtonElement[]): void {
  const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };
  list.addEventListener('keydown', (event) => {
    const step = steps[event.key];
    const at = tabs.indexOf(document.activeElement as HTMLButtonElement);
    if (step === undefined || at === -1) return;
    const next = tabs[(at + step + tabs.length) % tabs.length];
    next?.focus();
    next?.click();
  });
}
