import { type Operation, Permission } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { useLiveStore } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal } from '../../api/session';
import { BulkBar } from '../../components/bulk-bar';
import { Button } from '../../components/button';
import { useToasts } from '../../components/toast';
import { countText } from '../../lib/amounts';
import { bulkText, runForEach } from '../../lib/bulk';
import { hasEnded } from '../../lib/health';
import { operationTitle } from '../../lib/operations';
import type { Selection } from '../../lib/selection';

/** Cancels those of the chosen ones that run. */
export function OperationBulk({
  operations,
  selection,
}: {
  operations: readonly Operation[];
  selection: Selection;
}) {
  const ostler = useOstler();
  const store = useLiveStore();
  const { say, fail } = useToasts();
  const mayNot = useRefusal(Permission.OPERATIONS_RUN);
  const running = operations.filter((one) => !hasEnded(one) && !one.cancelRequested);
  const cancel = useMutation({
    mutationFn: () =>
      runForEach(running, async ({ uid }) => {
        const { operation } = await ostler.operations.cancel({ requestId: newRequestId(), uid });
        store.putOperation(operation);
      }),
    onSuccess: (result) => {
      say(bulkText('Asked to cancel', 'operation', result, nameOf));
      selection.clear();
    },
    onError: fail,
  });
  const refusal = mayNot ?? (running.length === 0 ? 'None of the chosen ones runs.' : undefined);
  return (
    <BulkBar selection={selection} noun="operation">
      <Button look="danger" refusal={refusal} busy={cancel.isPending} onClick={() => cancel.mutate()}>
        Cancel {countText(running.length, 'operation')}
      </Button>
    </BulkBar>
  );
}

function nameOf({ spec, serverName }: Operation): string {
  return `${operationTitle(spec)} on ${serverName}`;
}
