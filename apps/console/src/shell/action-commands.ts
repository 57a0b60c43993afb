import { Permission } from '@ostler/contracts';
import {
  BookOpen,
  Globe,
  Keyboard,
  KeyRound,
  Monitor,
  Moon,
  Plus,
  RefreshCw,
  Sun,
  Terminal,
} from 'lucide-react';
import { useMemo } from 'react';
import { useRefusal } from '../api/session';
import { operationKinds } from '../lib/operations';
import { chooseTheme } from '../lib/theme';
import type { Command } from './commands';
import { sections } from './sections';

/** Pages, and what is done without a thing. */
export function useActionCommands(onHelp: () => void): readonly Command[] {
  const mayWrite = useRefusal(Permission.RESOURCES_WRITE);
  const mayJoin = useRefusal(Permission.SERVERS_WRITE);
  const mayRun = useRefusal(Permission.OPERATIONS_RUN);
  return useMemo(
    () => [
      ...pages,
      action('Create a site', Plus, { link: { to: '/new/site' }, refusal: mayWrite }),
      action('Create a certificate', Plus, { link: { to: '/new/certificate' }, refusal: mayWrite }),
      action('Join a server', Plus, { link: { to: '/servers', hash: 'join' }, refusal: mayJoin }),
      ...operationKinds.map(({ title }) =>
        action(`${title} on a server`, Terminal, { text: `${title} `, refusal: mayRun }),
      ),
      action('Dark theme', Moon, { run: () => chooseTheme('dark') }),
      action('Light theme', Sun, { run: () => chooseTheme('light') }),
      action('Theme as the system', Monitor, { run: () => chooseTheme('system') }),
      action('Documentation', BookOpen, { run: () => void open('/docs/', '_blank', 'noreferrer') }),
      action('Keys', Keyboard, { run: onHelp }),
    ],
    [mayWrite, mayJoin, mayRun, onHelp],
  );
}

const pages: readonly Command[] = [
  ...sections.map(({ to, label, icon, goKey }) => ({
    key: to,
    label,
    hint: `g ${goKey}`,
    icon,
    link: { to },
  })),
  { key: '/agents', label: 'Agent versions', hint: 'Page', icon: RefreshCw, link: { to: '/agents' } },
  { key: '/start', label: 'Your first site', hint: 'Guide', icon: Globe, link: { to: '/start' } },
  { key: '/approve', label: 'Let a program in', hint: 'Page', icon: KeyRound, link: { to: '/approve' } },
];

function action(
  label: string,
  icon: Command['icon'],
  does: Pick<Command, 'link' | 'run' | 'text' | 'refusal'>,
): Command {
  return { key: label, label, hint: 'Action', icon, ...does };
}
