import { type ApiToken, Permission } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useOstler } from '../../api/ostler';
import { useRefusal } from '../../api/session';
import { Button } from '../../components/button';
import { Section } from '../../components/page';
import { Empty, ErrorPanel, SkeletonRows } from '../../components/panels';
import { Time } from '../../components/time';
import { useToasts } from '../../components/toast';
import { useHashTarget } from '../../lib/hash-target';
import { roleWord } from '../../lib/roles';

const CreateTokenDialog = lazy(() =>
  import('./create-token-dialog').then(({ CreateTokenDialog: component }) => ({ default: component })),
);

export function ApiTokens() {
  const ostler = useOstler();
  const refusal = useRefusal(Permission.TOKENS_WRITE);
  const [creating, setCreating] = useState(false);
  const list = useQuery({
    queryKey: ['api-tokens'],
    queryFn: ({ signal }) => ostler.identity.listApiTokens({}, { signal }),
  });
  const tokens = list.data?.apiTokens ?? [];
  return (
    <Section
      title="API tokens"
      text="For scripts and the CLI. A token never may more than its owner."
      flush
      actions={
        <Button look="primary" refusal={refusal} onClick={() => setCreating(true)}>
          Create token
        </Button>
      }
    >
      {list.isPending && <SkeletonRows rows={3} />}
      {list.isError && <ErrorPanel error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && tokens.length === 0 && (
        <Empty
          title="No token"
          text="A token lets a script or a pipeline use the API as you, with a role of its own."
          command="ostler tokens create deploy --role operator"
        />
      )}
      <ul className="divide-line divide-y">
        {tokens.map((token) => (
          <TokenRow key={token.uid} token={token} refusal={refusal} />
        ))}
      </ul>
      {creating && (
        <Suspense fallback={null}>
          <CreateTokenDialog onClose={() => setCreating(false)} />
        </Suspense>
      )}
    </Section>
  );
}

function TokenRow({ token, refusal }: { token: ApiToken; refusal: string | undefined }) {
  const ostler = useOstler();
  const queries = useQueryClient();
  const { say, fail } = useToasts();
  const { ref, className } = useHashTarget<HTMLLIElement>(token.uid);
  const revoke = useMutation({
    mutationFn: () => ostler.identity.revokeApiToken({ requestId: newRequestId(), uid: token.uid }),
    onSuccess: () => {
      say(`The token ${token.name} is revoked; its calls are refused from now on.`);
      return queries.invalidateQueries({ queryKey: ['api-tokens'] });
    },
    onError: fail,
  });
  return (
    <li ref={ref} className={`flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 text-sm ${className}`}>
      <div className="min-w-0 grow basis-56">
        <p className={`font-medium wrap-anywhere ${token.revoked ? 'text-ink-3 line-through' : ''}`}>
          {token.name}
        </p>
        <p className="text-ink-3 text-xs wrap-anywhere">
          {roleWord(token.role)}
          {token.scopes.length > 0 && `, only ${token.scopes.map((scope) => Permission[scope]).join(' ')}`},
          of {token.ownerEmail}, used <Time at={token.lastUsedAt} />
        </p>
      </div>
      <span className="text-ink-2 text-xs">
        {token.revoked ? (
          'revoked'
        ) : (
          <>
            expires <Time at={token.expiresAt} />
          </>
        )}
      </span>
      {!token.revoked && (
        <Button look="danger" refusal={refusal} busy={revoke.isPending} onClick={() => revoke.mutate()}>
          Revoke
        </Button>
      )}
    </li>
  );
}
