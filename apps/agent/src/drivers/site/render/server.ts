import type { SiteSpec } from '@ostler/contracts';
import {
  atLeast,
  block,
  challengeLocation,
  directive,
  LOG_FORMAT,
  probeLocation,
  template,
  variable,
  when,
  type Directive,
} from '../../../targets/nginx';
import { pageLocation } from './handlers';
import type { Rendering } from './rendering';

const COMPRESSED_TYPES = [
  'application/javascript application/json application/manifest+json application/wasm application/xml',
  'font/otf font/ttf image/svg+xml text/css text/javascript text/plain text/xml',
].flatMap((line) => line.split(' '));

const PLAIN_MAINTENANCE_PAGE =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Back soon</title><h1>Back soon</h1><p>This site is being worked on.</p></html>\n';

export interface Listening {
  readonly http: boolean;
  readonly https: boolean;
}

/** What every server block of a site has: where it listens, its logs, its probe, its challenges, its pages. */
export function serverBlock(
  names: readonly string[],
  listening: Listening,
  content: readonly Directive[],
  headers: readonly Directive[],
  rendering: Rendering,
): Directive {
  const { spec, facts, uid } = rendering;
  return block(
    'server',
    [],
    [
      ...listens(listening, rendering),
      directive('server_name', ...names),
      directive('server_tokens', 'off'),
      directive('access_log', `${facts.logFolder}/${uid}.access.log`, LOG_FORMAT),
      ...(listening.https ? tls(rendering) : []),
      ...limits(spec),
      probeLocation(uid, facts),
      challengeLocation(facts),
      ...errorPages(headers, rendering),
      ...content,
    ],
  );
}

function listens(listening: Listening, { spec, facts }: Rendering): Directive[] {
  const hosts = facts.ipv6 && spec.ipv6 !== false ? ['*', '[::]'] : ['*'];
  const http2 = spec.http2 !== false;
  const modern = atLeast(facts.nginxVersion, 1, 25, 1);
  return [
    ...(listening.http ? hosts.map((host) => directive('listen', `${host}:${facts.httpPort}`)) : []),
    ...(listening.https
      ? hosts.map((host) =>
          directive('listen', `${host}:${facts.httpsPort}`, 'ssl', ...(http2 && !modern ? ['http2'] : [])),
        )
      : []),
    ...(listening.https && modern ? [directive('http2', http2 ? 'on' : 'off')] : []),
  ];
}

function tls({ inputs, spec }: Rendering): Directive[] {
  const { certificate } = inputs;
  if (!certificate) return [];
  return [
    directive('ssl_certificate', certificate.certificatePath),
    directive('ssl_certificate_key', certificate.privateKeyPath),
    directive('ssl_protocols', ...(needsTls13(spec) ? ['TLSv1.3'] : ['TLSv1.2', 'TLSv1.3'])),
  ];
}

export function needsTls13(spec: SiteSpec): boolean {
  return spec.tls?.minVersion === 2;
}

function limits(spec: SiteSpec): Directive[] {
  const bytes = spec.maxBodyBytes === 0n ? 1024n * 1024n : spec.maxBodyBytes;
  const { clientBodySeconds = 0, connectSeconds = 0, readSeconds = 0, sendSeconds = 0 } = spec.timeouts ?? {};
  const timeout = (name: string, seconds: number): Directive[] =>
    seconds === 0 ? [] : [directive(name, `${seconds}s`)];
  return [
    directive('client_max_body_size', String(bytes)),
    ...timeout('client_body_timeout', clientBodySeconds),
    ...['proxy', 'fastcgi'].flatMap((module) => [
      ...timeout(`${module}_connect_timeout`, connectSeconds),
      ...timeout(`${module}_read_timeout`, readSeconds),
      ...timeout(`${module}_send_timeout`, sendSeconds),
    ]),
    directive('gzip', spec.gzip === false ? 'off' : 'on'),
    ...(spec.gzip === false
      ? []
      : [
          directive('gzip_proxied', 'any'),
          directive('gzip_vary', 'on'),
          directive('gzip_types', ...COMPRESSED_TYPES),
        ]),
  ];
}

function errorPages(headers: readonly Directive[], rendering: Rendering): Directive[] {
  const { spec } = rendering;
  const closed = spec.maintenance !== undefined;
  return [
    ...spec.errorPages.flatMap((page, index) => {
      const statuses = page.statuses.filter((status) => !(closed && status === 503)).map(String);
      const path = `/.ostler-pages/error-${index}`;
      const file = template({ ownFile: `error-${index}.html` });
      return statuses.length === 0
        ? []
        : [directive('error_page', ...statuses, path), pageLocation(path, file, headers)];
    }),
    ...(closed ? maintenancePage(spec.maintenance?.retryAfterSeconds ?? 0, headers) : []),
  ];
}

function maintenancePage(retryAfterSeconds: number, headers: readonly Directive[]): Directive[] {
  const path = '/.ostler-pages/maintenance';
  const retry =
    retryAfterSeconds === 0
      ? []
      : [directive('add_header', 'Retry-After', String(retryAfterSeconds), 'always')];
  return [
    directive('error_page', '503', path),
    pageLocation(path, template({ ownFile: 'maintenance.html' }), [...headers, ...retry]),
  ];
}

/** The files of the pages, once for all server blocks of the site. */
export function addPages(rendering: Rendering): void {
  const { spec } = rendering;
  spec.errorPages.forEach((page, index) => rendering.addFile(`error-${index}.html`, page.body));
  if (spec.maintenance)
    rendering.addFile(
      'maintenance.html',
      spec.maintenance.body === '' ? PLAIN_MAINTENANCE_PAGE : spec.maintenance.body,
    );
}

/** Lines that close a location while the site is in maintenance, and to clients below its TLS version. */
export function gate(rendering: Rendering): Directive[] {
  const { spec } = rendering;
  return [
    ...(spec.maintenance ? [maintenanceGate(spec.maintenance.allow, rendering)] : []),
    ...(needsTls13(spec) && rendering.inputs.certificate ? [tlsGate(rendering)] : []),
  ];
}

function maintenanceGate(allow: readonly string[], rendering: Rendering): Directive {
  const name = rendering.globalName('closed');
  rendering.share(
    name,
    block(
      'geo',
      [template(variable(name))],
      [directive('default', '1'), ...allow.map((network) => directive(network, '0'))],
    ),
  );
  return when(name, [directive('return', '503')]);
}

/** nginx takes the TLS version from the default server of the listener, so the site has to ask again. */
function tlsGate(rendering: Rendering): Directive {
  const name = rendering.globalName('oldtls');
  rendering.share(
    name,
    block(
      'map',
      [template(variable('ssl_protocol')), template(variable(name))],
      [directive('default', '0'), directive('TLSv1.2', '1')],
    ),
  );
  return when(name, [directive('return', '421')]);
}
