import { useSearch } from '@tanstack/react-router';
import { Page, Section } from '../../components/page';
import { PasswordForm } from '../../components/password-form';
import { TabLinks } from '../../components/tabs';
import { useToasts } from '../../components/toast';
import { settingsTabs } from '../../lib/settings-tabs';
import { ApiTokens } from './api-tokens';
import { Limits } from './limits';
import { JoinTokens } from './join-tokens';
import { People } from './people';

export function SettingsPage() {
  const { tab = 'password' } = useSearch({ from: '/settings' });
  const { say } = useToasts();
  return (
    <Page title="Settings" wide={false}>
      <TabLinks label="Settings" tabs={settingsTabs} active={tab} />
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
      {tab === 'limits' && <Limits />}
    </Page>
  );
}
