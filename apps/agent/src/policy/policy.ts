import { Kind } from '@ostler/contracts';

/** What the server's own administrator allows. */
export interface Policy {
  /** Folders below which the content of sites may lie. */
  readonly allowedRoots: readonly string[];
  readonly packageInstalls: boolean;
  /** Commands and shells that people type. */
  readonly exec: boolean;
  readonly selfUpdate: boolean;
  /** Undefined: every kind. */
  readonly kinds: readonly Kind[] | undefined;
}

export type PolicyKey = 'allowed_roots' | 'package_installs' | 'exec' | 'self_update' | 'kinds';

/** A policy with where each part of it was written. */
export interface ReadPolicy extends Policy {
  readonly path: string;
  readonly present: boolean;
  /** Why the file is not followed; empty when it is. */
  readonly problem: string;
  readonly lines: Readonly<Partial<Record<PolicyKey, number>>>;
}

/** Where distributions keep the content of sites. */
export const DEFAULT_ROOTS = ['/srv', '/var/www', '/usr/share/nginx'] as const;

/** Without a file. */
export const DEFAULT_POLICY: Policy = {
  allowedRoots: DEFAULT_ROOTS,
  packageInstalls: true,
  exec: true,
  selfUpdate: true,
  kinds: undefined,
};

/** When the file cannot be followed: somebody meant to bound the agent, and it is not known how. */
export const CLOSED_POLICY: Policy = {
  allowedRoots: [],
  packageInstalls: false,
  exec: false,
  selfUpdate: false,
  kinds: [],
};

/** As spec files name them. */
export const KIND_NAMES: ReadonlyMap<string, Kind> = new Map([
  ['Site', Kind.SITE],
  ['Certificate', Kind.CERTIFICATE],
]);

export function nameOfKind(kind: Kind): string {
  for (const [name, known] of KIND_NAMES) if (known === kind) return name;
  return Kind[kind] ?? String(kind);
}
