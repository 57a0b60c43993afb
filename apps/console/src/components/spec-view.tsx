import type { Resource } from '@ostler/contracts';
import { useMemo } from 'react';
import { escapedCode } from '../lib/escaped-text';
import { kindWord, nameOf } from '../lib/kinds';
import { specFileText } from '../lib/spec-file';
import { CopyBlock, useCopy } from './copy';
import { Button } from './button';
import { Section } from './page';

/** The spec file of a resource, as `ostler get -o yaml` writes it. */
export function SpecView({ resource }: { resource: Resource }) {
  const text = useMemo(() => specFileText(resource), [resource]);
  const [copied, copy] = useCopy(text);
  const kind = kindWord(resource.meta?.kind).toLowerCase();
  return (
    <Section
      title="Spec file"
      text="Secrets stay references; without a value they keep what is stored."
      actions={<Button onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}
    >
      <CodeBlock text={text} label="Spec file" />
      <p className="text-ink-3 mt-4 mb-1 text-xs">The same from a terminal</p>
      <CopyBlock
        label="Copy the command"
        text={`ostler get ${kind} ${nameOf(resource)} -o yaml > ${nameOf(resource)}.yaml`}
      />
    </Section>
  );
}

/** Text for machines, in a box that scrolls. */
export function CodeBlock({ text, label }: { text: string; label: string }) {
  const shown = useMemo(() => text.split('\n').map(escapedCode).join('\n'), [text]);
  return (
    <pre
      tabIndex={0}
      role="group"
      aria-label={label}
      className="bg-sunken border-line max-h-[70vh] overflow-auto rounded-md border p-3 font-mono text-xs leading-5"
    >
      {shown}
    </pre>
  );
}
