import { Permission, type Server } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { MoreHorizontal, Play, Server as ServerIcon } from 'lucide-react';
import { useState } from 'react';
import { useLiveStore, useOperations, useServers } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal, useSession } from '../../api/session';
import { Button, IconButton } from '../../components/button';
import { ListBody } from '../../components/list-body';
import { Menu } from '../../components/menu';
import { Page } from '../../components/page';
import { Empty } from '../../components/panels';
import { StatusBadge } from '../../components/status';
import { TabLinks } from '../../components/tabs';
import { Time } from '../../components/time';
import { useToasts } from '../../components/toast';
import { serverHealth } from '../../lib/health';
import { type OperationKind, operationKinds } from '../../lib/operations';
import { EditServerDialog } from './edit-server-dialog';
import { RemoveServerDialog } from './remove-server-dialog';
import { ServerOverview } from './server-overview';
import { ForeignSites, ServerOperations, ServerPlacements } from './server-tabs';
import { usePlacedOn } from './use-placed-on';

export function ServerPage() {
  const { name } = useParams({ from: '/servers/$name' });
  const server = useServers().find((one) => one.name === name);
  if (!server) {
    return (
      <ListBody>
        <Empty title={`There is no server "${name}"`} text="It was removed, or the address is wrong." />
      </ListBody>
    );
  }
  return <ServerDetail server={server} />;
}

function ServerDetail({ server }: { server: Server }) {
  const { tab = 'overview' } = useSearch({ from: '/servers/$name' });
  const health = serverHealth(server);
  const placed = usePlacedOn(server.uid);
  const operations = useOperations().filter(({ serverUid }) => serverUid === server.uid);
  const tabs = [
    { key: 'overview', label: 'Overview' },
    { key: 'placements', label: 'Placements', count: placed.length },
    { key: 'operations', label: 'Operations', count: operations.length },
    { key: 'foreign', label: 'Found on it', count: server.foreignSites.length },
  ];
  return (
    <Page
      title={server.name}
      icon={<ServerIcon className="size-5" />}
      badge={<StatusBadge health={health} />}
      sub={
        <>
          {health.message} Since <Time at={health.since} />.
        </>
      }
      actions={<ServerActions server={server} />}
    >
      <TabLinks label="Parts of this server" tabs={tabs} active={tab} />
      {tab === 'placements' && <ServerPlacements server={server} resources={placed} />}
      {tab === 'operations' && <ServerOperations operations={operations} />}
      {tab === 'foreign' && <ForeignSites server={server} />}
      {tab === 'overview' && <ServerOverview server={server} />}
    </Page>
  );
}

function ServerActions({ server }: { server: Server }) {
  const [dialog, setDialog] = useState<'edit' | 'remove'>();
  const refusal = useRefusal(Permission.SERVERS_WRITE);
  return (
    <>
      <RunMenu server={server} />
      <Menu
        trigger={
          <IconButton label="More">
            <MoreHorizontal className="size-4" />
          </IconButton>
        }
        items={[
          { label: 'Edit name and labels', refusal, onSelect: () => setDialog('edit') },
          { label: 'Remove server', danger: true, refusal, onSelect: () => setDialog('remove') },
        ]}
      />
      {dialog === 'edit' && <EditServerDialog server={server} onClose={() => setDialog(undefined)} />}
      {dialog === 'remove' && <RemoveServerDialog server={server} onClose={() => setDialog(undefined)} />}
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
  const refusal = useRefusal(Permission.OPERATIONS_RUN);
  const administer = useRefusal(Permission.OPERATIONS_ADMINISTER);
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
        refusal: permissions.includes(kind.permission) ? undefined : administer,
        onSelect: () => run.mutate(kind),
      }))}
    />
  );
}
