import { ErrorReason, Permission, type Resource } from '@ostler/contracts';
import { useBlocker } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useRefusal } from '../../api/session';
import { countText } from '../../lib/amounts';
import { Button } from '../button';
import { CopyBlock } from '../copy';
import { Dialog } from '../dialog';
import { fileCountsText } from '../diff-view';
import { Page } from '../page';
import { ErrorPanel, Note } from '../panels';
import { CodeBlock } from '../spec-view';
import { FieldErrorsContext } from './errors';
import { PlanView } from './plan-view';
import { Meanwhile } from './meanwhile';
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
  const isNew = form.draft.meta?.generation === 0n;
  const isBehind = form.isConflict || form.plan.error?.reason === ErrorReason.CONFLICT;
  const nothing = isBehind
    ? 'Somebody changed it meanwhile: decide below how to go on.'
    : !isNew && !form.isChanged
      ? 'Nothing is changed yet.'
      : undefined;
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    if (refusal !== undefined || nothing !== undefined) return;
    form.save();
    // After the errors are shown, and their sections unfolded.
    requestAnimationFrame(focusFirstError);
  };
  return (
    <Page title={title}>
      <div className="bg-canvas border-line sticky top-12 z-20 -mx-4 -mt-4 mb-4 flex flex-wrap items-center gap-2 border-b px-4 py-2 md:-mx-6 md:px-6">
        <Outlook form={form} nothing={nothing} />
        <div className="ml-auto flex gap-2">
          <Button onClick={onCancel}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form="resource"
            refusal={refusal ?? nothing}
            busy={form.isSaving}
          >
            {saveText(form)}
          </Button>
        </div>
      </div>
      {refusal && (
        <div className="mb-3">
          <Note>{refusal} The form shows how it is set; nothing can be changed here.</Note>
        </div>
      )}
      <KeptNote form={form} />
      {original && <Meanwhile form={form} original={original} />}
      {form.saveError && (
        <div className="mb-3">
          <ErrorPanel error={form.saveError} />
        </div>
      )}
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(22rem,2fr)]">
        <form id="resource" onSubmit={submit} noValidate className="min-w-0">
          <fieldset
            key={form.round}
            disabled={refusal !== undefined}
            // What is jumped to must not stop under the bars at the top.
            className="min-w-0 [&_.input]:scroll-mt-36"
          >
            <FieldErrorsContext value={form.errors}>{children}</FieldErrorsContext>
          </fieldset>
        </form>
        <Beside form={form} />
      </div>
      <UnsavedGuard when={form.isChanged && !isSaved} onLeave={form.kept.forget} />
    </Page>
  );
}

/** In the order of the page. */
function focusFirstError(): void {
  document.querySelector<HTMLElement>('#resource [aria-invalid=true]')?.focus();
}

/** Beside the buttons: what stands in the way, or what saving would do. */
function Outlook({ form, nothing }: { form: ResourceDraft; nothing: string | undefined }) {
  const { data, isRunning } = form.plan;
  if (form.errors.size > 0) {
    return (
      <button
        type="button"
        onClick={focusFirstError}
        className="text-failed-text text-sm font-medium underline-offset-2 hover:underline"
      >
        {countText(form.errors.size, 'error')}: show the first
      </button>
    );
  }
  if (nothing) return <p className="text-ink-3 text-sm">{nothing}</p>;
  if (isRunning || !data) return <p className="text-ink-3 text-sm">{isRunning ? 'Planning' : ''}</p>;
  const refused = data.plans.filter(({ verified, valid }) => verified && !valid).length;
  if (refused > 0) {
    return (
      <p className="text-failed-text text-sm">
        {countText(refused, 'server')} would refuse it; see the plan.
      </p>
    );
  }
  return <p className="text-ink-2 text-sm">{fileCountsText(data.plans.flatMap(({ files }) => files))}</p>;
}

function saveText({ plan, draft }: ResourceDraft): string {
  const count = plan.data?.plans.length ?? 0;
  const servers = count > 0 ? countText(count, 'server') : '';
  const isNew = draft.meta?.generation === 0n;
  if (servers === '') return isNew ? 'Create' : 'Apply';
  return isNew ? `Create on ${servers}` : `Apply to ${servers}`;
}

const sides = ['Plan', 'YAML', 'Command'] as const;

function Beside({ form }: { form: ResourceDraft }) {
  const [side, setSide] = useState<(typeof sides)[number]>('Plan');
  return (
    <section aria-label="What this makes" className="card min-w-0 xl:sticky xl:top-30">
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
        className="max-h-[calc(100vh-12.5rem)] overflow-y-auto p-4"
      >
        {side === 'Plan' && <PlanView draft={form} />}
        {side === 'YAML' && <CodeBlock text={form.yaml} label="The spec file that this form makes" />}
        {side === 'Command' && <Command yaml={form.yaml} />}
      </div>
    </section>
  );
}

/** The whole form as one command, to paste into a terminal or a script. */
function Command({ yaml }: { yaml: string }) {
  // No line of YAML that the form writes is this word alone: texts of several lines are indented.
  const here = `<<'SPEC'\n${yaml.trimEnd()}\nSPEC`;
  return (
    <div className="flex flex-col gap-3 text-sm">
      <p>The same from a terminal or a script:</p>
      <CopyBlock label="Copy the command" text={`ostler apply --wait -f - ${here}`} />
      <p className="text-ink-2 text-xs">
        Secrets are not in it: what is stored stays. From a file,{' '}
        <code className="font-mono">ostler apply -f FILE</code> shows the plan and asks before.
      </p>
    </div>
  );
}

/** What was typed before a reload is there again. */
function KeptNote({ form }: { form: ResourceDraft }) {
  const { found } = form.kept;
  const [seen, setSeen] = useState(false);
  if (!found || seen) return null;
  const secrets = countText(found.lostSecrets, 'secret');
  return (
    <div className="mb-3">
      <Note>
        <span className="font-semibold">What you had typed here is back.</span> It was not applied.
        {found.lostSecrets > 0 && ` ${secrets} must be typed again: secrets are never kept in the browser.`}
        <span className="mt-2 flex gap-2">
          <Button onClick={() => setSeen(true)}>Go on with it</Button>
          <Button
            look="quiet"
            onClick={() => {
              setSeen(true);
              form.startOver();
            }}
          >
            Start over
          </Button>
        </span>
      </Note>
    </div>
  );
}

/** Leaving with something typed is asked about. */
function UnsavedGuard({ when, onLeave }: { when: boolean; onLeave: () => void }) {
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
          <Button
            look="danger"
            onClick={() => {
              onLeave();
              blocker.proceed?.();
            }}
          >
            Leave
          </Button>
        </>
      }
    />
  );
}
