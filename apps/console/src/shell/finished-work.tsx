import { type Operation, Operation_State } from '@ostler/contracts';
import { useEffect } from 'react';
import { useLivePart } from '../api/live';
import { useSession } from '../api/session';
import { hasEnded } from '../lib/health';
import { notify } from '../lib/notices';
import { operationTitle } from '../lib/operations';
import { FinishedOperations } from './finished-operations';

const MARK = /^\(\d+\) /;

/** Tells a person who looks elsewhere that work of theirs has ended: in the title of the tab, or as a notice. */
export function FinishedWork() {
  const operations = useLivePart('operations');
  const { person } = useSession();
  const email = person?.email ?? '';
  useEffect(() => {
    const ended = seen.take([...operations.values()].filter(({ actor }) => actor === email));
    if (!document.hidden || ended.length === 0) return;
    waiting += ended.length;
    document.title = `(${waiting}) ${document.title.replace(MARK, '')}`;
    for (const operation of ended) notify(operation.uid, titleOf(operation), operation.message);
  }, [operations, email]);
  useEffect(() => {
    const look = (): void => {
      if (document.hidden) return;
      waiting = 0;
      document.title = document.title.replace(MARK, '');
    };
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  return null;
}

/** Of this tab, whatever is shown in it. */
const seen = new FinishedOperations(hasEnded);
let waiting = 0;

function titleOf({ spec, serverName, state }: Operation): string {
  const how = state === Operation_State.SUCCEEDED ? 'has ended' : 'has failed';
  return `${operationTitle(spec)} on ${serverName} ${how}`;
}
