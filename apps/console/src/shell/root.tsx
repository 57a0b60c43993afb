import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { LiveProvider } from '../api/live';
import { SessionContext, useSessionQuery } from '../api/session';
import { ErrorPanel } from '../components/panels';
import { AppShell } from './app-shell';
import { FirstPassword } from './first-password';
import { Gate } from './gate';
import { SignIn } from './sign-in';

/** Shows the page to whoever is signed in; the address stays while they sign in. */
export function Root() {
  const session = useSessionQuery();
  const queries = useQueryClient();
  const signedOut = useCallback(() => void queries.resetQueries({ queryKey: ['session'] }), [queries]);
  if (session.isPending) return <Gate busy />;
  if (session.isError) {
    return (
      <Gate>
        <ErrorPanel error={session.error} onRetry={() => void session.refetch()} />
      </Gate>
    );
  }
  if (session.data === null) return <SignIn />;
  if (session.data.person?.mustChangePassword) return <FirstPassword />;
  return (
    <SessionContext value={session.data}>
      <LiveProvider onSignedOut={signedOut}>
        <AppShell />
      </LiveProvider>
    </SessionContext>
  );
}
