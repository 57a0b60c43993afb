import { Permission, type Resource } from '@ostler/contracts';
import { useBlocker } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useRefusal } from '../../api/session';
import { useResource } from '../../api/live';
import { countText } from '../../lib/amounts';
import { nameOf } from '../../lib/kinds';
import { Button } from '../button';
import { CopyBlock } from '../copy';
import { Dialog } from '../dialog';
import { Page } from '../page';
import { ErrorPanel, Note } from '../panels';
import { CodeBlock } from '../spec-view';
import { FieldErrorsContext } from './errors';
import { PlanView } from './plan-view';
import type { ResourceDraft } from './use-resource-draft';

/** The one frame of a form: sections on the left; plan, YAML and command beside them; save says what happens. */
export function ResourceForm({
  title,
  form,
  original,
  onCancel,
  isSaved,
  children,
}: {
  title: string;
  form: ResourceDraft;
  /** Absent for a new one. */
  original?: Resource;
  onCancel: () => void;
  isSaved: boolean;
  children: ReactNode;
}) {
  const refusal = useRefusal(Permission.RESOURCES_WRITE);
  const nothing = original && !form.isChanged ? 'Nothing is changed yet.' : undefined;
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    if (refusal === undefined && nothing === undefined) form.save();
  };
  return (
    <Page
      title={title}
      actions={
        <>
          <Button onClick={onCancel}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form="resource"
            refusal={refusal ?? nothing}
            busy={form.isSaving}
          >
            {saveText(form, original)}
          </Button>
        </>
      }
    >
      <ChangedMeanwhile form={form} original={original} />
      {form.saveError && !form.isConflict && (
        <div className="mb-3">
          <ErrorPanel error={form.saveError} />
        </div>
      )}
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(22rem,2fr)]">
        <form id="resource" onSubmit={submit} noValidate className="min-w-0">
          <FieldErrorsContext value={form.errors}>{children}</FieldErrorsContext>
        </form>
        <Beside form={form} />
      </div>
      <UnsavedGuard when={form.isChanged && !isSaved} />
    </Page>
  );
}

function saveText(form: ResourceDraft, original: Resource | undefined): string {
  const count = form.plan.data?.plans.length ?? 0;
  const verb = original ? 'Apply' : 'Create';
  return count > 0 ? `${verb} on ${countText(count, 'server')}` : verb;
}

const sides = ['Plan', 'YAML', 'Command'] as const;

function Beside({ form }: { form: ResourceDraft }) {
  const [side, setSide] = useState<(typeof sides)[number]>('Plan');
  const file = `${form.draft.meta?.name || 'resource'}.yaml`;
  return (
    <section aria-label="What this makes" className="card min-w-0 xl:sticky xl:top-16">
      <div role="tablist" aria-label="What this makes" className="border-line flex border-b px-2">
        {sides.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            id={`side-${one}`}
            aria-selected={one === side}
            aria-controls="side-panel"
            onClick={() => setSide(one)}
            className={`-mb-px h-10 border-b-2 px-3 text-sm font-medium ${one === side ? 'border-accent' : 'text-ink-2 hover:text-ink border-transparent'}`}
          >
            {one}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id="side-panel"
        aria-labelledby={`side-${side}`}
        className="max-h-[calc(100vh-9rem)] overflow-y-auto p-4"
      >
        {side === 'Plan' && <PlanView draft={form} />}
        {side === 'YAML' && <CodeBlock text={form.yaml} label="The spec file that this form makes" />}
        {side === 'Command' && (
          <div className="flex flex-col gap-3 text-sm">
            <p>Keep the YAML in a file and apply it; the result is the same.</p>
            <CopyBlock label="Copy the command" text={`ostler apply -f ${file} --wait`} />
            <p className="text-ink-2 text-xs">See first what it would change:</p>
            <CopyBlock label="Copy the command" text={`ostler diff -f ${file}`} />
          </div>
        )}
      </div>
    </section>
  );
}

/** Two people edit the same: says so as soon as it is known, and what can be done. */
function ChangedMeanwhile({ form, original }: { form: ResourceDraft; original: Resource | undefined }) {
  const present = useResource(original?.meta?.kind ?? 0, original?.meta?.name ?? '');
  const based = form.draft.meta?.generation ?? 0n;
  const now = present?.meta?.generation ?? 0n;
  if (!original || !present || now <= based) return null;
  return (
    <div className="mb-3">
      <Note>
        <span className="font-semibold">Somebody changed {nameOf(original)} meanwhile.</span> It is at
        generation {String(now)}; you began with {String(based)}. Look at its revisions first, or put your
        version on top: theirs stays in the history.
        <span className="mt-2 flex gap-2">
          <Button onClick={() => form.rebase(now)}>Put mine on top</Button>
          <Button
            look="quiet"
            onClick={() => window.open(`${location.pathname.replace(/\/edit$/, '')}?tab=revisions`, '_blank')}
          >
            Show the revisions
          </Button>
        </span>
      </Note>
    </div>
  );
}

/** Leaving with something typed is asked about. */
function UnsavedGuard({ when }: { when: boolean }) {
  const blocker = useBlocker({
    shouldBlockFn: () => when,
    enableBeforeUnload: () => when,
    withResolver: true,
  });
  return (
    <Dialog
      open={blocker.status === 'blocked'}
      onClose={() => blocker.reset?.()}
      title="Leave without saving?"
      text="What you typed here is not applied yet."
      footer={
        <>
          <Button onClick={() => blocker.reset?.()}>Stay</Button>
          <Button look="danger" onClick={() => blocker.proceed?.()}>
            Leave
          </Button>
        </>
      }
    />
  );
}
