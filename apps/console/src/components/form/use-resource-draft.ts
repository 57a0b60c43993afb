import {
  type ApplyResponse,
  ErrorReason,
  Permission,
  type Resource,
  ResourceSchema,
} from '@ostler/contracts';
import type { Violation } from '@ostler/kernel';
import { checkResource, textsIn, withoutOutput } from '@ostler/resource-model';
import { type ExplainedError, explainError, newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useLiveStore } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { useRefusal } from '../../api/session';
import { type FieldErrors, fieldErrorsOf } from '../../lib/field-errors';
import { typedSecrets } from '../../lib/kept-draft';
import { planRefusals } from '../../lib/plan-refusals';
import { specFileText } from '../../lib/spec-file';
import { type DraftKeeper, useKeptDraft } from './use-kept-draft';
import { type Plan, usePlan } from './use-plan';

export interface ResourceDraft {
  readonly draft: Resource;
  /** What it began with: a generation of the present resource, or the empty form. */
  readonly base: Resource;
  readonly change: (next: Resource) => void;
  readonly isChanged: boolean;
  /** Counts when the whole draft was exchanged: fields begin anew then. */
  readonly round: number;
  /** What is wrong, by field; of a new one, what is not filled in yet is told after the first try. */
  readonly errors: FieldErrors;
  readonly yaml: string;
  readonly plan: Plan;
  readonly save: () => void;
  readonly isSaving: boolean;
  readonly saveError: ExplainedError | undefined;
  /** Somebody changed it since it was loaded. */
  readonly isConflict: boolean;
  /** Goes on with another draft, on top of another base. */
  readonly goOn: (next: Resource, base: Resource) => void;
  /** Back to what it began with. */
  readonly startOver: () => void;
  readonly kept: DraftKeeper;
}

/** The state of a form: the draft, its errors, its plan, how it is kept and how it is saved. */
export function useResourceDraft(
  original: Resource,
  isNew: boolean,
  onSaved: (answer: ApplyResponse) => void,
): ResourceDraft {
  const [loaded] = useState(() => withoutOutput(original));
  const kept = useKeptDraft(loaded, isNew);
  const { draft, base, round, edits, put } = useEdits(loaded, kept);
  const [tried, setTried] = useState(false);
  const yaml = useMemo(() => specFileText(draft), [draft]);
  const baseYaml = useMemo(() => specFileText(base), [base]);
  const violations = useMemo(() => checkResource(draft, 'resources[0]').violations, [draft]);
  const untouched = useUntouched(loaded, isNew);
  const typed = useMemo(() => filledTexts(draft), [draft]);
  const mayApply = useRefusal(Permission.RESOURCES_WRITE) === undefined;
  const isSound = violations.length === 0;
  const plan = usePlan(draft, edits, isSound && mayApply);
  const saving = useSave(draft, (answer) => {
    kept.forget();
    onSaved(answer);
  });
  const change = (next: Resource, on = base, nextRound = round): void => {
    put(next, on, nextRound);
    saving.forget();
  };
  const told = isSound
    ? [
        ...(plan.error?.violations ?? []),
        ...(saving.error?.violations ?? []),
        ...planRefusals(draft, plan.isRunning ? [] : (plan.data?.plans ?? [])),
      ]
    : violations.filter((one) => tried || !untouched.has(keyOf(one)) || typed.has(one.field));
  return {
    draft,
    base,
    change: (next) => change(next),
    isChanged: !isUnchanged(draft, yaml, baseYaml),
    round,
    errors: fieldErrorsOf(told),
    yaml,
    plan,
    save: () => {
      setTried(true);
      if (isSound) saving.save();
    },
    isSaving: saving.isPending,
    saveError: saving.error,
    isConflict: saving.error?.reason === ErrorReason.CONFLICT,
    goOn: (next, on) => change(next, on, round + 1),
    startOver: () => change(base, base, round + 1),
    kept,
  };
}

/** The draft and what it is based on, kept over a reload as long as they differ. */
function useEdits(loaded: Resource, kept: DraftKeeper) {
  const [state, setState] = useState(() => ({
    draft: kept.found?.draft ?? loaded,
    base: kept.found?.base ?? loaded,
    round: 0,
    edits: 0,
  }));
  const put = (draft: Resource, base: Resource, round: number): void => {
    setState(({ edits }) => ({ draft, base, round, edits: edits + 1 }));
    if (isUnchanged(draft, specFileText(draft), specFileText(base))) kept.forget();
    else kept.keep(base, draft);
  };
  return { ...state, put };
}

/** Secrets are not in the YAML, so a new one is looked for by itself. */
function isUnchanged(draft: Resource, yaml: string, baseYaml: string): boolean {
  return yaml === baseYaml && typedSecrets(draft).length === 0;
}

/** What is wrong with a form that nobody has touched yet. */
function useUntouched(loaded: Resource, isNew: boolean): ReadonlySet<string> {
  const [untouched] = useState(
    () => new Set(isNew ? checkResource(loaded, 'resources[0]').violations.map(keyOf) : []),
  );
  return untouched;
}

/** Applies a draft. A retry of the same draft has the same request id; after a refusal it is another request. */
function useSave(draft: Resource, onSaved: (answer: ApplyResponse) => void) {
  const ostler = useOstler();
  const store = useLiveStore();
  const [requestId, setRequestId] = useState(newRequestId);
  const apply = useMutation({
    mutationFn: () => ostler.resources.apply({ requestId, resources: [draft] }),
    onSuccess: (answer) => {
      store.put(answer.results[0]?.resource);
      onSaved(answer);
    },
    onError: (error) => {
      if (explainError(error).reason !== ErrorReason.UNAVAILABLE) setRequestId(newRequestId());
    },
  });
  return {
    save: () => apply.mutate(),
    isPending: apply.isPending,
    error: apply.isError ? explainError(apply.error) : undefined,
    /** The draft is another one now: so is the request, and an error of before is past. */
    forget: () => {
      setRequestId(newRequestId());
      if (apply.isError) apply.reset();
    },
  };
}

/** Paths of the texts in which something stands: what is wrong with those is no matter of not being there yet. */
function filledTexts(draft: Resource): ReadonlySet<string> {
  const texts = [...textsIn(ResourceSchema, draft, 'resources[0]')];
  return new Set(texts.filter(({ value }) => value !== '').map(({ path }) => path));
}

const keyOf = ({ field, reason }: Violation): string => `${field} ${reason}`;
