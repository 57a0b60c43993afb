// A terminal's control sequences (ECMA-48: CSI, OSC, two-character escapes) and other controls.
const SEQUENCES = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]/g;
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Output of a process as text alone: what would move a cursor or turn the direction is taken out. */
export function plainText(output: string): string {
  return output.replaceAll('\r\n', '\n').replace(SEQUENCES, '').replace(CONTROLS, '');
}
