/** What a life of an agent with very many sites is told; see many-entries.fixture.ts. */
export interface ManyInput {
  /** Folder of the agent. */
  readonly state: string;
  /** Where the result goes. */
  readonly result: string;
  readonly serverUid: string;
  /** A file with an index, and a folder of bodies named by their hashes. Absent: a start on what is stored. */
  readonly offered?: { readonly index: string; readonly bodies: string };
}

export interface ManyResult {
  /** Why the manifest, or a part of it, was not taken. */
  readonly refused?: unknown;
  /** Resources that were reported as Ready. */
  readonly ready: number;
  readonly reloads: number;
}

/** Resource number n has this uid and this domain. */
export function uidOf(number: number): string {
  return `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

export function domainOf(number: number): string {
  return `site-${number}.example`;
}
