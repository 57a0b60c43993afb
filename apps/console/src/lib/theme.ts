/** How the person wants the page lit. `system` follows the machine. Also read by public/theme.js. */
export type ThemeChoice = 'system' | 'light' | 'dark';

const KEY = 'ostler.theme';
const dark = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)');

export function chosenTheme(): ThemeChoice {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
}

export function chooseTheme(choice: ThemeChoice): void {
  try {
    if (choice === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // Storage is forbidden: the choice lasts as long as the page.
  }
  show(choice);
}

/** Follows the system while no theme was chosen. Returns how to stop. */
export function followSystemTheme(): () => void {
  const media = dark();
  const follow = (): void => {
    if (chosenTheme() === 'system') show('system');
  };
  media.addEventListener('change', follow);
  return () => media.removeEventListener('change', follow);
}

function show(choice: ThemeChoice): void {
  const isDark = choice === 'dark' || (choice === 'system' && dark().matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
}
