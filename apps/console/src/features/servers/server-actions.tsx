import { Permission, type Server, Server_State } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { MoreHorizontal, Play, Radio } from 'lucide-react';
import { useState } from 'react';
import { useLiveStore } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal, useSession } from '../../api/session';
import { Button, IconButton } from '../../components/button';
import { Menu } from '../../components/menu';
import { useToasts } from '../../components/toast';
import { type OperationKind, operationKinds } from '../../lib/operations';
import { CheckDialog } from './check-dialog';
import { EditServerDialog } from './edit-server-dialog';
import { JoinDialog } from './join-dialog';
import { RemoveServerDialog } from './remove-server-dialog';
import { RevokeServerDialog } from './revoke-server-dialog';
import { lackingText, unreachableText } from './server-reach';

type ServerDialog = 'edit' | 'check' | 'replace' | 'revoke' | 'remove';

/** What can be done with a server, at the head of its page. */
export function ServerActions({ server }: { server: Server }) {
  const [dialog, setDialog] = useState<ServerDialog>();
  const refusal = useRefusal(Permission.SERVERS_WRITE);
  const close = (): void => setDialog(undefined);
  const isRevoked = server.state === Server_State.REVOKED;
  return (
    <>
      <Button onClick={() => setDialog('check')}>
        <Radio className="size-3.5" /> Check connection
      </Button>
      <RunMenu server={server} />
      <Menu
        trigger={
          <IconButton label="More">
            <MoreHorizontal className="size-4" />
          </IconButton>
        }
        items={[
          { label: 'Edit name and labels', refusal, onSelect: () => setDialog('edit') },
          { label: 'Replace by another machine', refusal, onSelect: () => setDialog('replace') },
          {
            label: 'Revoke server',
            danger: true,
            refusal: refusal ?? (isRevoked ? 'Its trust was ended already.' : undefined),
            onSelect: () => setDialog('revoke'),
          },
          { label: 'Remove server', danger: true, refusal, onSelect: () => setDialog('remove') },
        ]}
      />
      {dialog === 'check' && <CheckDialog server={server} onClose={close} />}
      {dialog === 'edit' && <EditServerDialog server={server} onClose={close} />}
      {dialog === 'replace' && <JoinDialog replaces={server.name} onClose={close} />}
      {dialog === 'revoke' && <RevokeServerDialog server={server} onClose={close} />}
      {dialog === 'remove' && <RemoveServerDialog server={server} onClose={close} />}
    </>
  );
}

/** Starts an operation and goes to its output. */
function RunMenu({ server }: { server: Server }) {
  const ostler = useOstler();
  const store = useLiveStore();
  const navigate = useNavigate();
  const { fail } = useToasts();
  const { permissions } = useSession();
  const mayNot = useRefusal(Permission.OPERATIONS_RUN);
  const administer = useRefusal(Permission.OPERATIONS_ADMINISTER);
  const refusal = mayNot ?? unreachableText(server);
  const run = useMutation({
    mutationFn: ({ kind }: OperationKind) =>
      ostler.operations.start({
        requestId: newRequestId(),
        server: server.name,
        spec: { operation: { case: kind, value: {} } },
      }),
    onSuccess: ({ operation }) => {
      store.putOperation(operation);
      if (operation) void navigate({ to: '/operations/$uid', params: { uid: operation.uid } });
    },
    onError: fail,
  });
  if (refusal !== undefined) {
    return (
      <Button refusal={refusal}>
        <Play className="size-3.5" /> Run
      </Button>
    );
  }
  return (
    <Menu
      trigger={
        <Button busy={run.isPending}>
          <Play className="size-3.5" /> Run
        </Button>
      }
      items={operationKinds.map((kind) => ({
        label: kind.title,
        refusal: permissions.includes(kind.permission) ? lackingText(server, kind) : administer,
        onSelect: () => run.mutate(kind),
      }))}
    />
  );
}
