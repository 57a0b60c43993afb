import type { Operation } from '@ostler/contracts';
import { ArrowDownToLine } from 'lucide-react';
import { useLayoutEffect, useRef } from 'react';
import { Button } from '../../components/button';
import { Section } from '../../components/page';
import { ErrorPanel } from '../../components/panels';
import { plainText } from '../../lib/plain-text';
import { operationTitle } from '../../lib/operations';
import { useOutput } from './use-output';

/** The output as it comes; it stays at the end while the reader is there. */
export function OutputView({ operation }: { operation: Operation }) {
  const output = useOutput(operation.uid);
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    if (atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [output.text]);
  const download = (): void => {
    const url = URL.createObjectURL(
      new Blob(output.bytes() as Uint8Array<ArrayBuffer>[], { type: 'text/plain' }),
    );
    const link = document.createElement('a');
    link.href = url;
    link.download =
      `${operationTitle(operation.spec)} ${operation.serverName} ${operation.uid}.txt`.replaceAll(' ', '-');
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <Section
      title="Output"
      text={output.ended ? undefined : 'following'}
      flush
      actions={
        <Button refusal={output.text === '' ? 'There is no output yet.' : undefined} onClick={download}>
          <ArrowDownToLine className="size-3.5" /> Download
        </Button>
      }
    >
      {output.error && (
        <div className="p-3">
          <ErrorPanel error={output.error} />
        </div>
      )}
      {output.hidden > 0 && <p className="text-ink-3 px-4 pt-2 text-xs">The beginning is in the download.</p>}
      <pre
        ref={box}
        tabIndex={0}
        role="log"
        aria-label="Output"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          atEnd.current = scrollHeight - scrollTop - clientHeight < 24;
        }}
        className="bg-sunken max-h-[60vh] min-h-32 overflow-auto rounded-b-lg p-4 font-mono text-xs leading-5 whitespace-pre-wrap break-words"
      >
        {plainText(output.text) || (
          <span className="text-ink-3">{output.ended ? 'No output.' : 'Waiting for output'}</span>
        )}
      </pre>
    </Section>
  );
}
