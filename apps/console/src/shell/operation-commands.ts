import { type Operation, Permission, type Server } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useNavigate } from '@tanstack/react-router';
import { Terminal } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import { useLiveStore, useServers } from '../api/live';
import { useOstler } from '../api/ostler';
import { useRefusal } from '../api/session';
import { useToasts } from '../components/toast';
import { type OperationKind, operationKinds } from '../lib/operations';
import type { Command } from './commands';

/** `Diagnose web` offers to diagnose every server whose name has `web` in it. */
export function useOperationCommands(text: string): readonly Command[] {
  const servers = useServers();
  const start = useStart();
  const mayRun = useRefusal(Permission.OPERATIONS_RUN);
  const mayAdminister = useRefusal(Permission.OPERATIONS_ADMINISTER);
  return useMemo(() => {
    const asked = askedOperation(text);
    if (!asked) return [];
    const refusal = asked.kind.permission === Permission.OPERATIONS_RUN ? mayRun : mayAdminister;
    return servers
      .filter(({ name }) => name.includes(asked.server))
      .map((server) => ({
        key: `run ${server.uid}`,
        label: `${asked.kind.title} on ${server.name}`,
        hint: 'Run',
        icon: Terminal,
        refusal,
        run: () => start(asked.kind, server),
      }));
  }, [text, servers, start, mayRun, mayAdminister]);
}

/** The operation that a text begins with, and the part of a server's name after it. */
export function askedOperation(text: string): { kind: OperationKind; server: string } | undefined {
  const lower = text.toLowerCase();
  const kind = operationKinds.find(({ title }) => lower.startsWith(`${title.toLowerCase()} `));
  if (!kind) return undefined;
  return {
    kind,
    server: lower
      .slice(kind.title.length)
      .trim()
      .replace(/^on\s*/, ''),
  };
}

/** Starts it and goes to its output. */
function useStart(): (kind: OperationKind, server: Server) => void {
  const ostler = useOstler();
  const store = useLiveStore();
  const navigate = useNavigate();
  const { fail } = useToasts();
  return useCallback(
    ({ kind }, { name }) => {
      const show = (operation: Operation | undefined): void => {
        store.putOperation(operation);
        if (operation) void navigate({ to: '/operations/$uid', params: { uid: operation.uid } });
      };
      ostler.operations
        .start({ requestId: newRequestId(), server: name, spec: { operation: { case: kind, value: {} } } })
        .then(({ operation }) => show(operation), fail);
    },
    [ostler, store, navigate, fail],
  );
}
