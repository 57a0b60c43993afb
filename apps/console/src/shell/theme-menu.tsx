import { Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { Menu } from '../components/menu';
import { chooseTheme, chosenTheme, type ThemeChoice } from '../lib/theme';

const choices: readonly { choice: ThemeChoice; label: string; icon: typeof Sun }[] = [
  { choice: 'system', label: 'As the system', icon: Monitor },
  { choice: 'light', label: 'Light', icon: Sun },
  { choice: 'dark', label: 'Dark', icon: Moon },
];

export function ThemeMenu() {
  const [chosen, setChosen] = useState(chosenTheme);
  const Icon = choices.find(({ choice }) => choice === chosen)?.icon ?? Monitor;
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label="Theme"
          className="text-ink-2 hover:bg-hover hidden size-8 items-center justify-center rounded-md sm:inline-flex"
        >
          <Icon className="size-4" />
        </button>
      }
      items={choices.map(({ choice, label, icon: ItemIcon }) => ({
        label,
        icon: <ItemIcon className="size-4" />,
        checked: choice === chosen,
        onSelect: () => {
          chooseTheme(choice);
          setChosen(choice);
        },
      }))}
    />
  );
}
