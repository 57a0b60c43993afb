import { type Permission, Role, type WhoAmIResponse } from '@ostler/contracts';
import { explainError } from '@ostler/sdk';
import { ErrorReason } from '@ostler/contracts';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect } from 'react';
import { missingRightText } from '../lib/permission-words';
import { useOstler } from './ostler';

export const SessionContext = createContext<WhoAmIResponse | undefined>(undefined);

/** Who is signed in. Only below the shell, which is not shown without a session. */
export function useSession(): WhoAmIResponse {
  const session = use(SessionContext);
  if (!session) throw new Error('useSession needs a signed-in person.');
  return session;
}

/** The session, or null when nobody is signed in. */
export function useSessionQuery() {
  const ostler = useOstler();
  return useQuery(
    queryOptions({
      queryKey: ['session'],
      queryFn: async ({ signal }): Promise<WhoAmIResponse | null> => {
        try {
          return await ostler.identity.whoAmI({}, { signal });
        } catch (error) {
          if (isSignedOut(error)) return null;
          throw error;
        }
      },
      staleTime: Infinity,
    }),
  );
}

const SIGNED_OUT = new Set([ErrorReason.UNAUTHENTICATED, ErrorReason.TOKEN_EXPIRED]);

/** True for what a call says when its session has ended. */
export function isSignedOut(error: unknown): boolean {
  return SIGNED_OUT.has(explainError(error).reason);
}

/** Calls back when any call of the page finds that the session has ended. */
export function useExpiry(onExpired: () => void): void {
  const queries = useQueryClient();
  useEffect(() => {
    const look = (error: unknown): void => {
      if (error && isSignedOut(error)) onExpired();
    };
    const stops = [
      queries.getQueryCache().subscribe(({ type, query }) => type === 'updated' && look(query.state.error)),
      queries
        .getMutationCache()
        .subscribe(
          ({ type, mutation }) =>
            type === 'updated' && !mutation?.meta?.['isSignIn'] && look(mutation?.state.error),
        ),
    ];
    return () => stops.forEach((stop) => stop());
  }, [queries, onExpired]);
}

/** Why the person may not do something, and who can change that; undefined when they may. */
export function useRefusal(permission: Permission): string | undefined {
  const { permissions, person } = useSession();
  return permissions.includes(permission)
    ? undefined
    : missingRightText(permission, person?.role ?? Role.UNSPECIFIED);
}
