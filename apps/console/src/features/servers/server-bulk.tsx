import { Permission, type Server } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { Play, Tags } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useLiveStore } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal, useSession } from '../../api/session';
import { BulkBar } from '../../components/bulk-bar';
import { Button } from '../../components/button';
import { Menu } from '../../components/menu';
import { useToasts } from '../../components/toast';
import { countText } from '../../lib/amounts';
import { bulkText, runForEach } from '../../lib/bulk';
import { type OperationKind, operationKinds } from '../../lib/operations';
import type { Selection } from '../../lib/selection';
import { lackingText, unreachableText } from './server-reach';

const LabelsOfMany = lazy(() =>
  import('./labels-of-many-dialog').then(({ LabelsOfManyDialog: component }) => ({ default: component })),
);

/** What can be done with the chosen servers. */
export function ServerBulk({ servers, selection }: { servers: readonly Server[]; selection: Selection }) {
  const [labelling, setLabelling] = useState(false);
  const refusal = useRefusal(Permission.SERVERS_WRITE);
  return (
    <BulkBar selection={selection} noun="server">
      <RunOnMany servers={servers} />
      <Button refusal={refusal} onClick={() => setLabelling(true)}>
        <Tags className="size-3.5" /> Label {countText(servers.length, 'server')}
      </Button>
      {labelling && (
        <Suspense fallback={null}>
          <LabelsOfMany servers={servers} onClose={() => setLabelling(false)} />
        </Suspense>
      )}
    </BulkBar>
  );
}

/** Starts one operation on each; the list of operations shows how far they are. */
function RunOnMany({ servers }: { servers: readonly Server[] }) {
  const ostler = useOstler();
  const store = useLiveStore();
  const { say, fail } = useToasts();
  const { permissions } = useSession();
  const mayNot = useRefusal(Permission.OPERATIONS_RUN);
  const administer = useRefusal(Permission.OPERATIONS_ADMINISTER);
  const run = useMutation({
    mutationFn: (operationKind: OperationKind) =>
      runForEach(servers, async (server) => {
        const why = cannotText(server, operationKind);
        if (why !== undefined) throw new Error(why);
        const { operation } = await ostler.operations.start({
          requestId: newRequestId(),
          server: server.name,
          spec: { operation: { case: operationKind.kind, value: {} } },
        });
        store.putOperation(operation);
      }),
    onSuccess: (result, { title }) =>
      say(bulkText(`${title}: started on`, 'server', result, ({ name }) => name)),
    onError: fail,
  });
  const label = (
    <>
      <Play className="size-3.5" /> Run on {countText(servers.length, 'server')}
    </>
  );
  if (mayNot !== undefined) return <Button refusal={mayNot}>{label}</Button>;
  return (
    <Menu
      trigger={<Button busy={run.isPending}>{label}</Button>}
      items={operationKinds.map((kind) => ({
        label: kind.title,
        refusal: permissions.includes(kind.permission) ? cannotAny(servers, kind) : administer,
        onSelect: () => run.mutate(kind),
      }))}
    />
  );
}

/** Why it would only wait there until its deadline; undefined when it can run. */
function cannotText(server: Server, kind: OperationKind): string | undefined {
  return unreachableText(server) ?? lackingText(server, kind);
}

/** Why none of them can; where only some cannot, they are left out and told. */
function cannotAny(servers: readonly Server[], kind: OperationKind): string | undefined {
  const whys = servers.map((server) => cannotText(server, kind));
  return whys.every((why) => why !== undefined) ? whys[0] : undefined;
}
