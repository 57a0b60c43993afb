import { DOLLAR_VARIABLE, renderConfiguration } from './configuration/render';
import { block, directive, template, variable, type Directive, type Part } from './configuration/tree';
import { atLeast, type ServerFacts, type SiteFacts } from './contribution';
import { CONNECTION_VARIABLE, GENERATION_VARIABLE, LOG_FORMAT } from './names';

/** One site's file as the generation includes it. */
export interface IncludedSite {
  /** Missing when its copy on disk was damaged; what is included goes on serving. */
  readonly facts: Pick<SiteFacts, 'domains' | 'probes' | 'ipv6'> | undefined;
  readonly path: string;
}

/** What a foreign configuration already holds, as far as it decides what ours may repeat. */
export interface ForeignHolds {
  /** Listeners that have a default server of somebody else, like `*:80` and `[::]:443`. */
  readonly defaultListeners: ReadonlySet<string>;
  readonly httpDirectives: ReadonlySet<string>;
}

/** Tells a whole file from one that was cut. */
export const END_OF_GENERATION = '# End.\n';

/** Text of a generation's own file: what all sites share, the rejecting default servers, the includes. */
export function assembleGeneration(
  generation: string,
  sites: readonly IncludedSite[],
  facts: ServerFacts,
  foreign: ForeignHolds,
): string {
  const nodes = [
    block('geo', [template(variable(DOLLAR_VARIABLE))], [directive('default', '$')]),
    block('geo', [template(variable(GENERATION_VARIABLE))], [directive('default', generation)]),
    block(
      'map',
      [template(variable('http_upgrade')), template(variable(CONNECTION_VARIABLE))],
      [directive('default', 'upgrade'), directive('', '')],
    ),
    accessLogFormat(),
    ...hashSizes(sites, foreign),
    ...defaultServers(sites, facts, foreign),
  ];
  let text = `# Generation ${generation}, written by Ostler. Changes here are overwritten.\n${renderConfiguration(nodes)}`;
  // One after the other: of thousands the tree would not fit beside all else.
  for (const { path } of sites) text += renderConfiguration([directive('include', path)]);
  return text + END_OF_GENERATION;
}

/** Text of the one file of ours in a folder that nginx includes. */
export function hookText(generationPath: string | undefined): string {
  const header = '# Written by Ostler. Remove this file to take all its sites out of nginx.\n';
  return generationPath === undefined
    ? header
    : header + renderConfiguration([directive('include', generationPath)]);
}

function accessLogFormat(): Directive {
  const field = (name: string, source: string): (string | Part)[] => [`"${name}":"`, variable(source), '"'];
  const fields = [
    field('time', 'time_iso8601'),
    field('request_id', 'request_id'),
    field('remote_address', 'remote_addr'),
    field('host', 'host'),
    field('method', 'request_method'),
    field('uri', 'request_uri'),
    field('protocol', 'server_protocol'),
    field('scheme', 'scheme'),
    field('status', 'status'),
    field('bytes_sent', 'body_bytes_sent'),
    field('request_bytes', 'request_length'),
    field('seconds', 'request_time'),
    field('upstream', 'upstream_addr'),
    field('upstream_status', 'upstream_status'),
    field('upstream_seconds', 'upstream_response_time'),
    field('referrer', 'http_referer'),
    field('user_agent', 'http_user_agent'),
    field('user', 'remote_user'),
  ];
  const line = fields.flatMap((parts, index) => (index === 0 ? parts : [',', ...parts]));
  return directive('log_format', LOG_FORMAT, 'escape=json', template('{', ...line, '}'));
}

/**
 * nginx refuses names that do not fit its hash tables and says so only at test time. A bucket must hold the
 * longest name with a header of 18 bytes and an end mark of 8 (src/core/ngx_hash.c of nginx).
 */
function hashSizes(sites: readonly IncludedSite[], foreign: ForeignHolds): Directive[] {
  const domains = sites.flatMap((site) => site.facts?.domains ?? []);
  const longest = Math.max(0, ...domains.map((domain) => domain.length));
  const wanted = {
    server_names_hash_bucket_size: powerOfTwoAbove(longest + 26, 64),
    server_names_hash_max_size: powerOfTwoAbove(domains.length * 4, 1024),
    variables_hash_max_size: powerOfTwoAbove(sites.length * 4, 4096),
  };
  return Object.entries(wanted)
    .filter(([name]) => !foreign.httpDirectives.has(name))
    .map(([name, size]) => directive(name, String(size)));
}

function powerOfTwoAbove(least: number, start: number): number {
  let size = start;
  while (size < least) size *= 2;
  return size;
}

/** Who asks for a name that nobody declared gets no answer, never somebody's site. */
function defaultServers(
  sites: readonly IncludedSite[],
  facts: ServerFacts,
  foreign: ForeignHolds,
): Directive[] {
  const ipv6 = facts.ipv6 && sites.some((site) => site.facts?.ipv6);
  const tls = sites.some((site) => site.facts?.probes.some((probe) => probe.tls));
  const free = (port: number): string[] =>
    ['*', ...(ipv6 ? ['[::]'] : [])]
      .map((address) => `${address}:${port}`)
      .filter((listener) => !foreign.defaultListeners.has(listener));
  const plain = sites.length === 0 ? [] : free(facts.httpPort);
  const encrypted = tls && atLeast(facts.nginxVersion, 1, 19, 4) ? free(facts.httpsPort) : [];
  return [
    ...(plain.length > 0 ? [plainDefault(plain, facts)] : []),
    ...(encrypted.length > 0 ? [encryptedDefault(encrypted)] : []),
  ];
}

function plainDefault(listeners: readonly string[], facts: ServerFacts): Directive {
  return block(
    'server',
    [],
    [
      ...listeners.map((listener) => directive('listen', listener, 'default_server')),
      directive('server_name', ''),
      directive('server_tokens', 'off'),
      directive('access_log', 'off'),
      probeLocation('default', facts),
      challengeLocation(facts),
      block('location', ['/'], [directive('return', '444')]),
    ],
  );
}

function encryptedDefault(listeners: readonly string[]): Directive {
  return block(
    'server',
    [],
    [
      ...listeners.map((listener) => directive('listen', listener, 'ssl', 'default_server')),
      directive('server_name', ''),
      directive('ssl_protocols', 'TLSv1.2', 'TLSv1.3'),
      directive('ssl_reject_handshake', 'on'),
    ],
  );
}

/** Answers which generation serves this uid; its path is a secret of this server. */
export function probeLocation(uid: string, facts: ServerFacts): Directive {
  return block(
    'location',
    ['=', facts.probePath],
    [
      directive('access_log', 'off'),
      directive('default_type', 'text/plain'),
      directive('return', '200', template(`${uid} `, variable(GENERATION_VARIABLE))),
    ],
  );
}

/** HTTP-01 (RFC 8555 section 8.3): answered from the agent's folder, whatever else the site does. */
export function challengeLocation(facts: ServerFacts): Directive {
  return block(
    'location',
    ['^~', '/.well-known/acme-challenge/'],
    [
      directive('access_log', 'off'),
      directive('log_not_found', 'off'),
      directive('default_type', 'text/plain'),
      directive('root', facts.challengeFolder),
      directive('try_files', template(variable('uri')), '=404'),
    ],
  );
}
