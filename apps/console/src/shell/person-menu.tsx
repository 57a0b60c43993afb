import { Role } from '@ostler/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { BookOpen, KeyRound, LogOut, Moon, Sun } from 'lucide-react';
import { use } from 'react';
import { HubContext } from '../api/hub/hub-context';
import { useOstler } from '../api/ostler';
import { useSession } from '../api/session';
import { Menu } from '../components/menu';
import { useToasts } from '../components/toast';
import { chooseTheme } from '../lib/theme';

export function PersonMenu() {
  const { person } = useSession();
  const ostler = useOstler();
  const hub = use(HubContext);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { fail } = useToasts();
  const email = person?.email ?? '';
  const signOut = async (): Promise<void> => {
    try {
      await ostler.identity.signOut({});
      hub?.signedOut();
      queries.clear();
      location.assign('/');
    } catch (error) {
      fail(error);
    }
  };
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={`Signed in as ${email}`}
          className="bg-accent-soft text-ink ml-1 inline-flex size-7 items-center justify-center rounded-full text-xs font-semibold uppercase"
        >
          {(person?.displayName || email).slice(0, 1)}
        </button>
      }
      header={
        <>
          <span className="text-ink block font-medium">{person?.displayName || email}</span>
          {email} · {Role[person?.role ?? Role.UNSPECIFIED].toLowerCase()}
        </>
      }
      items={[
        {
          label: 'Password and API tokens',
          icon: <KeyRound className="size-4" />,
          onSelect: () => void navigate({ to: '/settings' }),
        },
        {
          label: 'Documentation',
          icon: <BookOpen className="size-4" />,
          onSelect: () => void open('/docs/', '_blank', 'noreferrer'),
        },
        { label: 'Light theme', icon: <Sun className="size-4" />, onSelect: () => chooseTheme('light') },
        { label: 'Dark theme', icon: <Moon className="size-4" />, onSelect: () => chooseTheme('dark') },
        { label: 'Sign out', icon: <LogOut className="size-4" />, onSelect: () => void signOut() },
      ]}
    />
  );
}
