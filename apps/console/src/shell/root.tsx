import type { WhoAmIResponse } from '@ostler/contracts';
import { ErrorReason } from '@ostler/contracts';
import type { ExplainedError } from '@ostler/sdk';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useState } from 'react';
import { LiveProvider } from '../api/live';
import { isSignedOut, SessionContext, useExpiry, useSessionQuery } from '../api/session';
import { ErrorPanel } from '../components/panels';
import { AppShell } from './app-shell';
import { FirstPassword } from './first-password';
import { Gate } from './gate';
import { SignIn } from './sign-in';

// Its files need no session: they are there when it has ended, and not before the first page.
const SignInAgain = lazy(() =>
  import('./sign-in-again').then(({ SignInAgain: component }) => ({ default: component })),
);

/** Shows the page to whoever is signed in; the address stays while they sign in. */
export function Root() {
  const session = useSessionQuery();
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
  return <SignedIn session={session.data} />;
}

/** The page stays as it is when the session ends: signing in again happens over it. */
function SignedIn({ session }: { session: WhoAmIResponse }) {
  const queries = useQueryClient();
  const [hasExpired, setHasExpired] = useState(false);
  const [visit, setVisit] = useState(0);
  const expired = useCallback(() => setHasExpired(true), []);
  useExpiry(expired);
  const signedOut = useCallback(
    ({ reason }: ExplainedError) => {
      if (reason === ErrorReason.UNAUTHENTICATED || reason === ErrorReason.TOKEN_EXPIRED) expired();
      else void queries.resetQueries({ queryKey: ['session'] });
    },
    [queries, expired],
  );
  const goOn = (): void => {
    setHasExpired(false);
    setVisit((count) => count + 1);
    void queries.invalidateQueries({ queryKey: ['session'] });
    void queries.refetchQueries({
      predicate: ({ state }) => state.error !== null && isSignedOut(state.error),
    });
  };
  return (
    <SessionContext value={session}>
      <LiveProvider visit={visit} onSignedOut={signedOut}>
        <AppShell />
        {hasExpired && (
          <Suspense fallback={null}>
            <SignInAgain
              email={session.person?.email ?? ''}
              onSignedIn={goOn}
              onClose={() => setHasExpired(false)}
            />
          </Suspense>
        )}
      </LiveProvider>
    </SessionContext>
  );
}
