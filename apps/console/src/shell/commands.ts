import type { LinkProps } from '@tanstack/react-router';
import type { LucideIcon } from 'lucide-react';
import { useMemo } from 'react';
import { useActionCommands } from './action-commands';
import { useOperationCommands } from './operation-commands';
import { useSettingCommands } from './setting-commands';
import { useThingCommands } from './thing-commands';

/** One line of the palette: goes somewhere, does something, or writes a text to go on with. */
export interface Command {
  readonly key: string;
  readonly label: string;
  readonly hint: string;
  readonly icon: LucideIcon;
  readonly link?: LinkProps;
  readonly run?: () => void;
  /** Put into the field, which stays open. */
  readonly text?: string;
  readonly refusal?: string | undefined;
}

/** What the palette offers for a text, best first. */
export function useCommands(text: string, onHelp: () => void): readonly Command[] {
  const actions = useActionCommands(onHelp);
  const operations = useOperationCommands(text);
  const things = useThingCommands();
  const settings = useSettingCommands();
  const all = useMemo(() => [...actions, ...things, ...settings], [actions, things, settings]);
  const ranked = useMemo(() => rankCommands(all, text), [all, text]);
  return useMemo(() => [...operations, ...ranked], [operations, ranked]);
}

/** Names that begin with the text before names that contain it; without a text, pages and actions first. */
export function rankCommands(commands: readonly Command[], text: string): readonly Command[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return commands;
  const rank = ({ label, hint }: Command): number => {
    const name = label.toLowerCase();
    if (name.startsWith(wanted)) return 0;
    if (name.includes(wanted)) return 1;
    return hint.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return commands
    .map((command) => ({ command, rank: rank(command) }))
    .filter((one) => one.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map(({ command }) => command);
}
