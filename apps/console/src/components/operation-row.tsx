import type { Operation } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { operationHealth } from '../lib/health';
import { operationTitle } from '../lib/operations';
import { StatusText } from './status';
import { Time } from './time';

/** One operation in a card: what, where, how far. */
export function OperationRow({
  operation,
  withServer = true,
}: {
  operation: Operation;
  withServer?: boolean;
}) {
  const health = operationHealth(operation);
  return (
    <li className="hover:bg-hover relative flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm">
      <StatusText health={health} />
      <Link
        to="/operations/$uid"
        params={{ uid: operation.uid }}
        className="min-w-0 font-medium wrap-anywhere after:absolute after:inset-0 hover:underline"
      >
        {operationTitle(operation.spec)}
        {withServer && ` on ${operation.serverName}`}
      </Link>
      <span className="text-ink-3 min-w-0 grow truncate text-xs">
        {health.state === 'progressing' && `${operation.progressPercent} % ${operation.progressMessage}`}
        {health.state === 'failed' && operation.message}
      </span>
      <span className="text-ink-3 text-xs">
        <Time at={operation.createdAt} />
      </span>
    </li>
  );
}
