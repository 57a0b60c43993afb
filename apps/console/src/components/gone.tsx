import { type Kind, Permission } from '@ostler/contracts';
import { useQuery } from '@tanstack/react-query';
import { useOstler } from '../api/ostler';
import { useRefusal } from '../api/session';
import { kindWord, nameOf } from '../lib/kinds';
import { Page } from './page';
import { Empty, SkeletonRows } from './panels';
import { Revisions } from './revisions';

/** In place of a resource that is not there: its history, if it ever was. `name` may be its uid, as the activity has it. */
export function Gone({ kind, name }: { kind: Kind; name: string }) {
  const ostler = useOstler();
  const mayRead = useRefusal(Permission.RESOURCES_READ) === undefined;
  const revisions = useQuery({
    queryKey: ['gone', kind, name],
    enabled: mayRead,
    retry: false,
    queryFn: ({ signal }) => ostler.resources.listRevisions({ kind, name, pageSize: 1 }, { signal }),
  });
  const last = revisions.data?.revisions[0]?.resource;
  if (mayRead && revisions.isPending) return <SkeletonRows rows={4} />;
  if (!last) {
    const word = kindWord(kind).toLowerCase();
    return (
      <Empty
        title={`There is no ${word} "${name}"`}
        text="There never was, or the address is wrong. Names are lower-case letters, digits and dashes."
      />
    );
  }
  return (
    <Page title={nameOf(last)} sub={`This ${kindWord(kind).toLowerCase()} is gone. Its history stays.`}>
      <Revisions resource={last} at={name} />
    </Page>
  );
}
