import { type ApplyResponse, ErrorReason, type Resource, ResourceSchema } from '@ostler/contracts';
import type { Violation } from '@ostler/kernel';
import { checkResource, textsIn, withoutOutput } from '@ostler/resource-model';
import { type ExplainedError, explainError, newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useLiveStore } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { type FieldErrors, fieldErrorsOf } from '../../lib/field-errors';
import { specFileText } from '../../lib/spec-file';
import { type Plan, usePlan } from './use-plan';

export interface ResourceDraft {
  readonly draft: Resource;
  readonly change: (next: Resource) => void;
  readonly isChanged: boolean;
  /** What is wrong, by field; of a new one, what is not filled in yet is told after the first try. */
  readonly errors: FieldErrors;
  readonly yaml: string;
  readonly plan: Plan;
  readonly save: () => void;
  readonly isSaving: boolean;
  readonly saveError: ExplainedError | undefined;
  /** Somebody changed it since it was loaded. */
  readonly isConflict: boolean;
  /** Puts this draft on top of the present generation. */
  readonly rebase: (generation: bigint) => void;
}

/** The state of a form: the draft, its errors, its plan, and how it is saved. */
export function useResourceDraft(
  original: Resource,
  isNew: boolean,
  onSaved: (answer: ApplyResponse) => void,
): ResourceDraft {
  const [draft, setDraft] = useState(() => withoutOutput(original));
  const [edits, setEdits] = useState(0);
  const [tried, setTried] = useState(false);
  const yaml = useMemo(() => specFileText(draft), [draft]);
  const [firstYaml] = useState(yaml);
  const violations = useMemo(() => checkResource(draft, 'resources[0]').violations, [draft]);
  const [untouched] = useState(() => new Set(isNew ? violations.map(keyOf) : []));
  const typed = useMemo(() => filledTexts(draft), [draft]);
  const isSound = violations.length === 0;
  const plan = usePlan(draft, edits, isSound);
  const saving = useSave(draft, onSaved);
  const change = (next: Resource): void => {
    setDraft(next);
    setEdits((count) => count + 1);
    saving.forget();
  };
  const told = isSound
    ? [...(plan.error?.violations ?? []), ...(saving.error?.violations ?? [])]
    : violations.filter((one) => tried || !untouched.has(keyOf(one)) || typed.has(one.field));
  return {
    draft,
    change,
    isChanged: yaml !== firstYaml || hasNewSecret(draft),
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
    rebase: (generation) => change({ ...draft, meta: draft.meta && { ...draft.meta, generation } }),
  };
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

/** Secrets are not in the YAML, so a new one is looked for by itself. */
function hasNewSecret({ spec }: Resource): boolean {
  if (spec.case === 'site') {
    const users = [spec.value.basicAuth, ...spec.value.paths.map(({ basicAuth }) => basicAuth)];
    return users.some((auth) => auth?.users.some(({ password }) => (password?.value ?? '') !== ''));
  }
  return spec.value?.source.case === 'upload' && (spec.value.source.value.privateKeyPem?.value ?? '') !== '';
}
