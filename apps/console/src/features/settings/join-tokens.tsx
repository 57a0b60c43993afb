import { type JoinToken, type JoinTokenUse, Permission } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useServers } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal } from '../../api/session';
import { Button, ButtonLink } from '../../components/button';
import { Labels, Section } from '../../components/page';
import { Empty, ErrorPanel, SkeletonRows } from '../../components/panels';
import { Time } from '../../components/time';
import { useToasts } from '../../components/toast';
import { millisOf } from '../../lib/time';
import { useNow } from '../../lib/use-now';

/** Tokens with which servers join, and who came by which. */
export function JoinTokens() {
  const ostler = useOstler();
  const servers = useServers();
  const list = useQuery({
    // Who joined meanwhile came by one of them.
    queryKey: ['join-tokens', servers.length],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => ostler.fleet.listJoinTokens({}, { signal }),
  });
  const tokens = list.data?.joinTokens ?? [];
  const refusal = useRefusal(Permission.SERVERS_WRITE);
  return (
    <Section
      title="Join tokens"
      text="Each can be revoked before it is used; who joined with it stays."
      flush
      actions={
        <ButtonLink to="/servers" hash="join" refusal={refusal}>
          Join server
        </ButtonLink>
      }
    >
      {list.isPending && <SkeletonRows rows={3} />}
      {list.isError && <ErrorPanel error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && tokens.length === 0 && (
        <Empty
          title="No join token"
          text="A token lets servers join for a while: the command that installs the agent carries it."
          command="ostler join-tokens create"
        />
      )}
      <ul className="divide-line divide-y">
        {tokens.map((token) => (
          <JoinTokenRow key={token.uid} token={token} />
        ))}
      </ul>
    </Section>
  );
}

function JoinTokenRow({ token }: { token: JoinToken }) {
  const ostler = useOstler();
  const queries = useQueryClient();
  const { fail } = useToasts();
  const mayNot = useRefusal(Permission.SERVERS_WRITE);
  const ended = useEndOf(token);
  const revoke = useMutation({
    mutationFn: () => ostler.fleet.revokeJoinToken({ requestId: newRequestId(), uid: token.uid }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['join-tokens'] }),
    onError: fail,
  });
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5 text-sm">
      <div className="min-w-0 grow basis-72">
        <p className="wrap-anywhere">
          <span className="font-medium">{token.description || 'Join token'}</span>, used {token.uses} of{' '}
          {token.maximumUses}
        </p>
        <p className="text-ink-3 text-xs wrap-anywhere">
          made <Time at={token.createdAt} />
          {token.createdBy && ` by ${token.createdBy}`},{' '}
          {ended ?? (
            <>
              ends <Time at={token.expiresAt} />
            </>
          )}
          {token.waitingRoom && ', waiting room'}
          {token.replacesServer && `, takes the place of ${token.replacesServer}`}
        </p>
        <Joined uses={token.usedBy} />
      </div>
      <Labels labels={token.labels} />
      <Button
        look="danger"
        refusal={mayNot ?? (ended && `It is ${ended}.`)}
        busy={revoke.isPending}
        onClick={() => revoke.mutate()}
      >
        Revoke
      </Button>
    </li>
  );
}

/** Why nobody joins with it any more; undefined while somebody may. */
function useEndOf({ revoked, expiresAt, uses, maximumUses }: JoinToken): string | undefined {
  const now = useNow();
  if (revoked) return 'revoked';
  if (uses >= maximumUses) return 'used up';
  return (millisOf(expiresAt) ?? 0) <= now ? 'expired' : undefined;
}

function Joined({ uses }: { uses: readonly JoinTokenUse[] }) {
  if (uses.length === 0) return null;
  return (
    <ul className="text-ink-2 mt-1 flex flex-wrap gap-x-3 text-xs">
      {uses.map(({ server, joinedAt, address }, index) => (
        <li key={index} className="min-w-0 wrap-anywhere">
          {server ? (
            <Link to="/servers/$name" params={{ name: server }} className="link">
              {server}
            </Link>
          ) : (
            'a server that was removed'
          )}{' '}
          <span className="text-ink-3">
            <Time at={joinedAt} />
            {address && ` from ${address}`}
          </span>
        </li>
      ))}
    </ul>
  );
}
