import { createHash } from 'node:crypto';
import { renderConfiguration } from './configuration/render';
import type { Directive } from './configuration/tree';

/** A file that the configuration of a site names: a password file, an error page. */
export interface ContributedFile {
  /** One path part. */
  readonly name: string;
  readonly content: string;
  /** Secret files are masked in diffs; only root and nginx's workers may read them. */
  readonly secret: boolean;
}

/** How to ask nginx whether it serves this contribution. */
export interface ProbePoint {
  /** A name that the server block answers to. */
  readonly host: string;
  readonly tls: boolean;
}

/** What one resource brings into the nginx configuration: typed, and complete in itself. */
export interface Contribution {
  readonly uid: string;
  /** Name of the resource, for people who read the files. */
  readonly name: string;
  /** Lines of the `http` block: zones, upstreams, server blocks. */
  readonly nodes: readonly Directive[];
  readonly files: readonly ContributedFile[];
  /** Every name that its server blocks answer to, wildcards included. */
  readonly domains: readonly string[];
  readonly probes: readonly ProbePoint[];
  /** Also listens on IPv6. */
  readonly ipv6: boolean;
  /** What nginx reads outside our tree (certificates by fingerprint): a change of it asks for a reload. */
  readonly inputs: Readonly<Record<string, string>>;
}

/**
 * What of a contribution stays in memory while it is live: of thousands of sites the trees would not fit, and lie in
 * their folders.
 */
export type SiteFacts = Pick<Contribution, 'domains' | 'probes' | 'ipv6' | 'inputs'>;

export function factsOf({ domains, probes, ipv6, inputs }: Contribution): SiteFacts {
  return { domains, probes, ipv6, inputs };
}

const SOURCE_DIGITS = 20;
const TEXT_DIGITS = 12;
const digests = new WeakMap<Contribution, string>();

/**
 * Identity of what a contribution says and of how this agent writes it, 32 hexadecimal digits: the same content
 * has the same folder, and an agent that renders differently makes another one. Throws AppError for what
 * nginx cannot express.
 */
export function digestOf(contribution: Contribution): string {
  const known = digests.get(contribution);
  if (known !== undefined) return known;
  const text = renderConfiguration(contribution.nodes, { ownFolder: '.' });
  const digest = sourceDigest(contribution) + sha256(text).slice(0, TEXT_DIGITS);
  digests.set(contribution, digest);
  return digest;
}

/** Whether this is what was written into a folder of that name, by this agent or an older one. */
export function isSourceOf(contribution: Contribution, digest: string): boolean {
  return digest.slice(0, SOURCE_DIGITS) === sourceDigest(contribution);
}

function sourceDigest(contribution: Contribution): string {
  return sha256(JSON.stringify(contribution)).slice(0, SOURCE_DIGITS);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What contributions are rendered for: constants of this server and its nginx. */
export interface ServerFacts {
  /** Like `1.22.1`. */
  readonly nginxVersion: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly ipv6: boolean;
  /** Folder under which the certificate driver writes `.well-known/acme-challenge/TOKEN`. */
  readonly challengeFolder: string;
  /** One JSON access log and one error log per site. */
  readonly logFolder: string;
  /** Folder that is always empty: root of locations that never answer from files. */
  readonly emptyFolder: string;
  /** Secret path that answers with uid and generation, see `probe.ts`. */
  readonly probePath: string;
}

/** True from this version on, like `atLeast('1.22.1', 1, 25, 1)`. */
export function atLeast(version: string, ...wanted: readonly [number, number, number]): boolean {
  const have = version.split('.').map(Number);
  for (const [index, number] of wanted.entries()) {
    const difference = (have[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
