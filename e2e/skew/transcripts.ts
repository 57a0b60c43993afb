import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One frame as an older version sent it. */
export interface RecordedFrame {
  /** `up`: by the agent. */
  readonly direction: 'up' | 'down';
  /** Case of the frame's oneof. */
  readonly frame: string;
  readonly bytes: Buffer;
}

/**
 * A control lane as a past version spoke it on both ends, frame by frame: hello, manifest with bodies and secrets,
 * status, an operation, the end. Never made anew: it is what agents in the field say.
 */
export function readTranscript(version: string): RecordedFrame[] {
  const text = readFileSync(join(import.meta.dirname, `fixtures/control-lane-${version}.json`), 'utf8');
  const frames = JSON.parse(text) as { direction: 'up' | 'down'; frame: string; bytes: string }[];
  return frames.map(({ direction, frame, bytes }) => ({
    direction,
    frame,
    bytes: Buffer.from(bytes, 'base64'),
  }));
}
