import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';

/** Puts text on the clipboard; says for a moment that it did. */
export function useCopy(text: string): readonly [copied: boolean, copy: () => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, () => void navigator.clipboard.writeText(text).then(() => setCopied(true))];
}

/** An identifier in mono that is copied by a click. */
export function CopyText({ text, shown = text }: { text: string; shown?: string }) {
  const [copied, copy] = useCopy(text);
  return (
    <button
      type="button"
      onClick={copy}
      title={`Copy ${text}`}
      className="hover:bg-hover -mx-1 inline-flex min-h-6 max-w-full items-center gap-1 rounded px-1 font-mono text-xs"
    >
      <span className="truncate">{shown}</span>
      {copied ? (
        <Check className="text-ready size-3 shrink-0" />
      ) : (
        <Copy className="text-ink-3 size-3 shrink-0" />
      )}
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </button>
  );
}

/** A command or a secret to take along: the whole text, and a button. */
export function CopyBlock({ text, label }: { text: string; label: string }) {
  const [copied, copy] = useCopy(text);
  return (
    <div className="bg-sunken border-line flex items-start gap-2 rounded-md border p-2 pl-3">
      <pre className="min-w-0 grow py-1 font-mono text-xs break-all whitespace-pre-wrap select-all">
        {text}
      </pre>
      <button
        type="button"
        onClick={copy}
        aria-label={label}
        className="text-ink-2 hover:bg-hover inline-flex h-7 shrink-0 items-center gap-1 rounded px-2 text-xs font-medium"
      >
        {copied ? <Check className="text-ready size-3.5" /> : <Copy className="size-3.5" />}
        <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
      </button>
    </div>
  );
}
