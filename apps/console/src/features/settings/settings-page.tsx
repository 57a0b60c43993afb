import { useSearch } from '@tanstack/react-router';
import { Page, Section } from '../../components/page';
import { PasswordForm } from '../../components/password-form';
import { TabLinks } from '../../components/tabs';
import { useToasts } from '../../components/toast';
import { ApiTokens } from './api-tokens';
import { JoinTokens } from './join-tokens';
import { People } from './people';

const tabs = [
  { key: 'password', label: 'Password' },
  { key: 'tokens', label: 'API tokens' },
  { key: 'people', label: 'People and roles' },
  { key: 'join', label: 'Join tokens' },
];

export function SettingsPage() {
  const { tab = 'password' } = useSearch({ from: '/settings' });
  const { say } = useToasts();
  return (
    <Page title="Settings" wide={false}>
      <TabLinks label="Settings" tabs={tabs} active={tab} />
      {tab === 'password' && (
        <Section title="Change your password" text="Your other sessions end.">
          <div className="max-w-sm">
            <PasswordForm action="Change password" onChanged={() => say('The password is changed.')} />
          </div>
        </Section>
      )}
      {tab === 'tokens' && <ApiTokens />}
      {tab === 'people' && <People />}
      {tab === 'join' && <JoinTokens />}
    </Page>
  );
}
