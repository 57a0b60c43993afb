import type { WhoAmIResponse } from '@ostler/contracts';
import { ErrorReason } from '@ostler/contracts';
import type { ExplainedError } from '@ostler/sdk';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, use, useCallback, useEffect, useRef, useState } from 'react';
import { HubContext } from '../api/hub/hub-context';
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
  useSessionOver();
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

/** Who signs out in one tab is out in all of them, and nothing that was theirs stays in any. */
function useSessionOver(): void {
  const hub = use(HubContext);
  const queries = useQueryClient();
  useEffect(() => {
    return hub?.whenSessionOver(() => {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
      void queries.resetQueries({ queryKey: ['session'] });
    });
  }, [hub, queries]);
}

/** The page stays as it is when the session ends: signing in again happens over it. */
function SignedIn({ session }: { session: WhoAmIResponse }) {
  const queries = useQueryClient();
  const [hasExpired, setHasExpired] = useState(false);
  const [visit, setVisit] = useState(0);
  // Also as it is now, for who is told later: the stream must not begin anew because of it.
  const isExpired = useRef(false);
  const become = useCallback((value: boolean) => {
    isExpired.current = value;
    setHasExpired(value);
  }, []);
  const expired = useCallback(() => become(true), [become]);
  useExpiry(expired);
  const signedOut = useCallback(
    ({ reason }: ExplainedError) => {
      if (reason === ErrorReason.UNAUTHENTICATED || reason === ErrorReason.TOKEN_EXPIRED) expired();
      else void queries.resetQueries({ queryKey: ['session'] });
    },
    [queries, expired],
  );
  const goOn = useCallback((): void => {
    become(false);
    void queries.invalidateQueries({ queryKey: ['session'] });
    void queries.refetchQueries({
      predicate: ({ state }) => state.error !== null && isSignedOut(state.error),
    });
  }, [queries, become]);
  const signedIn = (): void => {
    goOn();
    setVisit((count) => count + 1);
  };
  // Somebody signed in again in another tab: this one goes on as well.
  const live = useCallback(() => {
    if (isExpired.current) goOn();
  }, [goOn]);
  return (
    <SessionContext value={session}>
      <LiveProvider visit={visit} onSignedOut={signedOut} onLive={live}>
        <AppShell />
        {hasExpired && (
          <Suspense fallback={null}>
            <SignInAgain
              email={session.person?.email ?? ''}
              onSignedIn={signedIn}
              onClose={() => become(false)}
            />
          </Suspense>
        )}
      </LiveProvider>
    </SessionContext>
  );
}
