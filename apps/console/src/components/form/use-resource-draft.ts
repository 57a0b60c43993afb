import type { ApplyResponse, Resource } from '@ostler/contracts';
import { ErrorReason } from '@ostler/contracts';
import { checkResource, withoutOutput } from '@ostler/resource-model';
import type { Violation } from '@ostler/kernel';
import { type ExplainedError, explainError, newRequestId } from '@ostler/sdk';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useLiveStore } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { type FieldErrors, fieldErrorsOf } from '../../lib/field-errors';
import { nameOf } from '../../lib/kinds';
import { specFileText } from '../../lib/spec-file';

const SETTLE_MS = 450;

export interface ResourceDraft {
  readonly draft: Resource;
  readonly change: (next: Resource) => void;
  readonly isChanged: boolean;
  /** What is wrong, by field; of a new one, what is not filled in yet is told after the first try. */
  readonly errors: FieldErrors;
  readonly yaml: string;
  /** What would happen, from the servers themselves. */
  readonly plan: { readonly data: ApplyResponse | undefined; readonly error: ExplainedError | undefined; readonly isRunning: boolean };
  readonly save: () => void;
  readonly isSaving: boolean;
  readonly saveError: ExplainedError | undefined;
  /** Somebody changed it since it was loaded. */
  readonly isConflict: boolean;
  /** Puts this draft on top of the present generation. */
  readonly rebase: (generation: bigint) => void;
}

/** The state of a form: the draft, its errors, its plan, and how it is saved. */
export function useResourceDraft(original: Resource, isNew: boolean, onSaved: (answer: ApplyResponse) => void): ResourceDraft {
  const ostler = useOstler();
  const store = useLiveStore();
  const [draft, setDraft] = useState(() => withoutOutput(original));
  const [tried, setTried] = useState(false);
  const [requestId, setRequestId] = useState(newRequestId);
  const yaml = useMemo(() => specFileText(draft), [draft]);
  const [firstYaml] = useState(yaml);
  const checked = useMemo(() => checkResource(draft, 'resources[0]'), [draft]);
  const [untouched] = useState(() => new Set(checked.violations.map(keyOf)));
  const [edits, setEdits] = useState(0);
  const isSettled = useSettled(edits, SETTLE_MS) === edits;
  const isSound = checked.violations.length === 0;
  const plan = useQuery<ApplyResponse>({
    queryKey: ['plan', nameOf(draft), edits],
    enabled: isSound && isSettled,
    gcTime: 0,
    staleTime: Infinity,
    placeholderData: (before) => before,
    queryFn: ({ signal }) =>
      ostler.resources.apply({ requestId: newRequestId(), resources: [draft], dryRun: true }, { signal }),
  });
  const apply = useMutation({
    mutationFn: () => ostler.resources.apply({ requestId, resources: [draft] }),
    onSuccess: (answer) => {
      store.put(answer.results[0]?.resource);
      onSaved(answer);
    },
    onError: () => setRequestId(newRequestId()),
  });
  const saveError = apply.isError ? explainError(apply.error) : undefined;
  const planError = plan.isError ? explainError(plan.error) : undefined;
  const errors = useMemo(() => {
    const local = checked.violations.filter((one) => tried || !isNew || !untouched.has(keyOf(one)));
    const remote = isSound ? [...(planError?.violations ?? []), ...(saveError?.violations ?? [])] : [];
    return fieldErrorsOf([...local, ...remote]);
  }, [checked, untouched, tried, isNew, isSound, planError, saveError]);
  return {
    draft,
    change: (next) => {
      setDraft(next);
      setEdits((count) => count + 1);
      if (apply.isError) apply.reset();
    },
    isChanged: yaml !== firstYaml || hasNewSecret(draft),
    errors,
    yaml,
    plan: { data: isSound ? plan.data : undefined, error: planError, isRunning: isSound && (plan.isFetching || !isSettled) },
    save: () => {
      setTried(true);
      if (isSound) apply.mutate();
    },
    isSaving: apply.isPending,
    saveError,
    isConflict: saveError?.reason === ErrorReason.CONFLICT,
    rebase: (generation) => {
      setEdits((count) => count + 1);
      setDraft((present) => ({ ...present, meta: present.meta && { ...present.meta, generation } }));
      apply.reset();
    },
  };
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

/** The value once it has not changed for a while. */
function useSettled<Value>(value: Value, afterMs: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs);
    return () => clearTimeout(timer);
  }, [value, afterMs]);
  return settled;
}
