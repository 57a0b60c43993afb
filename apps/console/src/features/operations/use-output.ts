import { type ExplainedError, explainError, followOutput } from '@ostler/sdk';
import { useEffect, useRef, useState } from 'react';
import { useOstler } from '../../api/ostler';

/** More than this is kept for the download and shown from its end. */
const MOST_SHOWN = 400_000;

export interface Output {
  readonly text: string;
  /** Bytes left out at the beginning of what is shown. */
  readonly hidden: number;
  readonly error: ExplainedError | undefined;
  readonly ended: boolean;
  /** Everything that has come, as bytes. */
  readonly bytes: () => Uint8Array[];
}

/** Follows the output of an operation from its first byte. */
export function useOutput(uid: string): Output {
  const ostler = useOstler();
  const pieces = useRef<Uint8Array[]>([]);
  const [state, setState] = useState<Omit<Output, 'bytes'>>({
    text: '',
    hidden: 0,
    error: undefined,
    ended: false,
  });
  useEffect(() => {
    const stop = new AbortController();
    const decoder = new TextDecoder();
    pieces.current = [];
    let text = '';
    let hidden = 0;
    const read = async (): Promise<void> => {
      try {
        for await (const piece of followOutput(ostler, uid, { signal: stop.signal })) {
          pieces.current.push(piece);
          text += decoder.decode(piece, { stream: true });
          hidden += Math.max(0, text.length - MOST_SHOWN);
          text = text.slice(-MOST_SHOWN);
          setState({ text, hidden, error: undefined, ended: false });
        }
        if (!stop.signal.aborted) setState({ text, hidden, error: undefined, ended: true });
      } catch (error) {
        setState({ text, hidden, error: explainError(error), ended: true });
      }
    };
    void read();
    return () => stop.abort();
  }, [ostler, uid]);
  return { ...state, bytes: () => pieces.current };
}
