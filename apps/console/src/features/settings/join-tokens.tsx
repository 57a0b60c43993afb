import { type JoinToken, Permission } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useOstler } from '../../api/ostler';
import { useRefusal } from '../../api/session';
import { Button } from '../../components/button';
import { Labels, Section } from '../../components/page';
import { Empty, ErrorPanel, SkeletonRows } from '../../components/panels';
import { Time } from '../../components/time';
import { useToasts } from '../../components/toast';

/** Tokens with which servers may still join. */
export function JoinTokens() {
  const ostler = useOstler();
  const list = useQuery({
    queryKey: ['join-tokens'],
    queryFn: ({ signal }) => ostler.fleet.listJoinTokens({}, { signal }),
  });
  const tokens = list.data?.joinTokens ?? [];
  return (
    <Section title="Join tokens" text="Made by Join server; each can be revoked before it is used." flush>
      {list.isPending && <SkeletonRows rows={3} />}
      {list.isError && <ErrorPanel error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && tokens.length === 0 && (
        <Empty title="No join token" text="Press Join server on the page of the servers to make one." />
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
  const refusal = useRefusal(Permission.SERVERS_WRITE);
  const revoke = useMutation({
    mutationFn: () => ostler.fleet.revokeJoinToken({ requestId: newRequestId(), uid: token.uid }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['join-tokens'] }),
    onError: fail,
  });
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 text-sm">
      <div className="min-w-0 grow">
        <p>
          {token.description || 'Join token'}, used {token.uses} of {token.maximumUses}
        </p>
        <p className="text-ink-3 text-xs">
          made <Time at={token.createdAt} />,{' '}
          {token.revoked ? (
            'revoked'
          ) : (
            <>
              ends <Time at={token.expiresAt} />
            </>
          )}
        </p>
      </div>
      <Labels labels={token.labels} />
      {!token.revoked && (
        <Button look="danger" refusal={refusal} busy={revoke.isPending} onClick={() => revoke.mutate()}>
          Revoke
        </Button>
      )}
    </li>
  );
}
