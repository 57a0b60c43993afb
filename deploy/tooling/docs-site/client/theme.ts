// The console's own key: who chose a theme there reads in it here. assets/theme.js has set it before the first paint.
const KEY = 'ostler.theme';
const words = { system: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark' };
const signs = { system: '◐', light: '○', dark: '●' };
const order = ['system', 'light', 'dark'] as const;
type Choice = (typeof order)[number];

export function startThemes(): void {
  const button = document.querySelector<HTMLButtonElement>('.theme-button');
  if (!button) return;
  const media = matchMedia('(prefers-color-scheme: dark)');
  const show = (): void => {
    const choice = chosen();
    const isDark = choice === 'dark' || (choice === 'system' && media.matches);
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
    button.textContent = signs[choice];
    button.title = words[choice];
    button.setAttribute('aria-label', words[choice]);
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    keep(order[(order.indexOf(chosen()) + 1) % order.length] ?? 'system');
    show();
  });
  media.addEventListener('change', show);
  show();
}

// Where storage is forbidden the choice lasts as long as the page.
let unkept: Choice = 'system';

function chosen(): Choice {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return unkept;
  }
}

function keep(choice: Choice): void {
  unkept = choice;
  try {
    if (choice === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // Kept above.
  }
}
