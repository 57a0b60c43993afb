import { Kind, type Resource } from '@ostler/contracts';
import { useState } from 'react';
import { useSession } from '../../api/session';
import { type KeptDraft, KeptDrafts } from '../../lib/kept-draft';
import { nameOf } from '../../lib/kinds';

/** Keeps a draft over a reload of the page. */
export interface DraftKeeper {
  /** What was kept when the form was opened. */
  readonly found: KeptDraft | undefined;
  readonly keep: (base: Resource, draft: Resource) => void;
  readonly forget: () => void;
}

/** The draft of this person, in this tab, of this resource; new ones of a kind share one place. */
export function useKeptDraft(original: Resource, isNew: boolean): DraftKeeper {
  const { person } = useSession();
  const [keeper] = useState(() => {
    const drafts = new KeptDrafts(sessionStorage);
    const who = person?.uid ?? '';
    const what = isNew ? 'new' : nameOf(original);
    const key = `ostler.draft ${who} ${Kind[original.meta?.kind ?? 0]} ${what}`;
    return {
      found: drafts.find(key),
      keep: (base: Resource, draft: Resource) => drafts.keep(key, base, draft),
      forget: () => drafts.forget(key),
    };
  });
  return keeper;
}
