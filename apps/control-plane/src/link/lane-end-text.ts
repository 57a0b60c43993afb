import type { LaneEnd } from '@ostler/link-protocol';

const MOST_CHARACTERS = 500;

/** Why a control lane ended, in a sentence for people: what was seen, and whose side it was on. */
export function laneEndText({ reason, message }: LaneEnd): string {
  return sentence(reason === 'LOST' ? `The connection was lost: ${message}` : message);
}

function sentence(text: string): string {
  const short = text.trim().slice(0, MOST_CHARACTERS);
  return /[.!?]$/.test(short) ? short : `${short}.`;
}
