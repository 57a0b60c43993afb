import type { FastCgi, FixedResponse, Header, Proxy, Redirect, StaticFiles } from '@ostler/contracts';
import {
  block,
  CONNECTION_VARIABLE,
  directive,
  template,
  variable,
  type Argument,
  type Directive,
} from '../../../targets/nginx';
import { canonicalSocket } from '../check/paths';
import { redirectRest } from './redirect-rest';
import { PIECE_CHARACTERS, type Rendering } from './rendering';
import { upstreamName } from './upstreams';

/** What one place of the site says beside its handler, to be repeated where nginx does not inherit it. */
export interface Place {
  /** Unique within the site. */
  readonly scope: string;
  /** Path of the location, and whether it is exact. */
  readonly path: string;
  readonly exact: boolean;
  /** Closes the site while it is in maintenance. */
  readonly gate: readonly Directive[];
  readonly headers: readonly Directive[];
}

/** A handler as directives of its location, and locations that stand beside it. */
export interface Rendered {
  readonly inside: readonly Directive[];
  readonly beside: readonly Directive[];
}

export function renderStatic(files: StaticFiles, place: Place, rendering: Rendering): Rendered {
  const root = rendering.text(
    files.release === '' ? files.root : (rendering.inputs.releases[files.release] ?? ''),
  );
  const index = files.index.length === 0 ? ['index.html'] : files.index;
  const fallback = files.fallback === '' ? [] : [rendering.text(files.fallback)];
  const cache =
    files.cacheSeconds === undefined
      ? []
      : [directive('add_header', 'Cache-Control', `public, max-age=${files.cacheSeconds}`)];
  return {
    inside: [
      ...documentRoot(root),
      directive('index', ...index),
      ...cache,
      directive('try_files', template(variable('uri')), template(variable('uri'), '/'), ...fallback, '=404'),
      hiddenFiles(place),
    ],
    beside: [],
  };
}

/** A link that another user made must not lead out of the folder (the same is checked when planning). */
function documentRoot(root: Argument): Directive[] {
  const from = typeof root === 'string' ? `from=${root}` : template('from=', ...root);
  return [directive('root', root), directive('disable_symlinks', 'if_not_owner', from)];
}

/** .git, .env and their like are in many folders and meant for nobody. */
function hiddenFiles(place: Place): Directive {
  return block('location', ['~', '/\\.(?!well-known/)'], [...place.gate, directive('return', '404')]);
}

export function renderProxy(proxy: Proxy, rendering: Rendering): Directive[] {
  const upstream = rendering.spec.upstreams.find((known) => known.name === proxy.upstream);
  const name = upstreamName(proxy.upstream, rendering);
  if (!upstream || name === undefined) return [directive('return', '502')];
  const scheme = upstream.https ? 'https' : 'http';
  return [
    directive('proxy_pass', `${scheme}://${name}`),
    directive('proxy_http_version', '1.1'),
    ...(upstream.https
      ? tlsToUpstream(
          proxy,
          upstream.servers.map((server) => server.host),
        )
      : []),
    ...requestHeaders(proxy, rendering),
    ...(proxy.unbuffered ? [directive('proxy_buffering', 'off')] : []),
    ...(rendering.spec.errorPages.length > 0 ? [directive('proxy_intercept_errors', 'on')] : []),
  ];
}

function tlsToUpstream(proxy: Proxy, hosts: readonly string[]): Directive[] {
  const named = proxy.host.replace(/:[0-9]+$/, '') || hosts.find((host) => !/^[0-9.]+$|:/.test(host));
  return [
    directive('proxy_ssl_server_name', 'on'),
    directive('proxy_ssl_name', named ?? template(variable('host'))),
  ];
}

function requestHeaders(proxy: Proxy, rendering: Rendering): Directive[] {
  const websocket = proxy.websocket;
  const standard: [string, Argument][] = [
    ['Host', proxy.host === '' ? template(variable('host')) : proxy.host],
    ['X-Real-IP', template(variable('remote_addr'))],
    ['X-Forwarded-For', template(variable('proxy_add_x_forwarded_for'))],
    ['X-Forwarded-Proto', template(variable('scheme'))],
    ['X-Forwarded-Host', template(variable('host'))],
    ['X-Request-ID', template(variable('request_id'))],
    ['Connection', websocket ? template(variable(CONNECTION_VARIABLE)) : ''],
    ...(websocket ? [['Upgrade', template(variable('http_upgrade'))] satisfies [string, Argument]] : []),
  ];
  const own = new Set(proxy.requestHeaders.map((header) => header.name.toLowerCase()));
  return [
    ...standard
      .filter(([name]) => !own.has(name.toLowerCase()))
      .map(([name, value]) => directive('proxy_set_header', name, value)),
    ...proxy.requestHeaders.map(({ name, value }) =>
      directive('proxy_set_header', name, rendering.text(value)),
    ),
  ];
}

export function renderFastCgi(fastcgi: FastCgi, place: Place, rendering: Rendering): Rendered {
  const root = rendering.text(fastcgi.root);
  const index = fastcgi.index === '' ? 'index.php' : fastcgi.index;
  const pass = [
    directive('fastcgi_pass', `unix:${canonicalSocket(fastcgi.socket)}`),
    ...(rendering.spec.errorPages.length > 0 ? [directive('fastcgi_intercept_errors', 'on')] : []),
  ];
  const front = `@front-${place.scope}`;
  return {
    inside: [
      ...documentRoot(root),
      directive('index', index),
      directive('try_files', template(variable('uri')), template(variable('uri'), '/'), front),
      // Only a script that exists is run, so no path can smuggle an uploaded file in as one.
      block(
        'location',
        ['~', '\\.php$'],
        [
          ...place.gate,
          directive('try_files', template(variable('uri')), front),
          ...fastCgiParams(
            template(variable('document_root'), variable('fastcgi_script_name')),
            template(variable('fastcgi_script_name')),
          ),
          ...pass,
        ],
      ),
      hiddenFiles(place),
    ],
    beside: [
      block(
        'location',
        [front],
        [
          ...documentRoot(root),
          ...place.headers,
          ...fastCgiParams(template(variable('document_root'), `/${index}`), `/${index}`),
          ...pass,
        ],
      ),
    ],
  };
}

function fastCgiParams(script: Argument, name: Argument): Directive[] {
  const from = (key: string, source: string): Directive =>
    directive('fastcgi_param', key, template(variable(source)));
  return [
    directive('fastcgi_param', 'SCRIPT_FILENAME', script),
    directive('fastcgi_param', 'SCRIPT_NAME', name),
    from('QUERY_STRING', 'query_string'),
    from('REQUEST_METHOD', 'request_method'),
    from('CONTENT_TYPE', 'content_type'),
    from('CONTENT_LENGTH', 'content_length'),
    from('REQUEST_URI', 'request_uri'),
    from('DOCUMENT_URI', 'document_uri'),
    from('DOCUMENT_ROOT', 'document_root'),
    from('SERVER_PROTOCOL', 'server_protocol'),
    from('REQUEST_SCHEME', 'scheme'),
    directive('fastcgi_param', 'HTTPS', template(variable('https')), 'if_not_empty'),
    directive('fastcgi_param', 'GATEWAY_INTERFACE', 'CGI/1.1'),
    directive('fastcgi_param', 'SERVER_SOFTWARE', 'nginx'),
    from('REMOTE_ADDR', 'remote_addr'),
    from('REMOTE_PORT', 'remote_port'),
    from('REMOTE_USER', 'remote_user'),
    from('SERVER_ADDR', 'server_addr'),
    from('SERVER_PORT', 'server_port'),
    from('SERVER_NAME', 'host'),
    // Without it php-fpm answers nothing when started with --force-cgi-redirect.
    directive('fastcgi_param', 'REDIRECT_STATUS', '200'),
    // A request header `Proxy` would become HTTP_PROXY, which programs take for their own proxy.
    directive('fastcgi_param', 'HTTP_PROXY', ''),
  ];
}

/**
 * `return` answers before access rules, passwords and rate limits are looked at. So it stands in a location of its
 * own that is reached behind them.
 */
function behindProtection(name: string, rendering: Rendering): Directive[] {
  return [directive('root', rendering.facts.emptyFolder), directive('try_files', '/none', name)];
}

export function renderRedirect(redirect: Redirect, place: Place, rendering: Rendering): Rendered {
  const name = `@redirect-${place.scope}`;
  const status = String(redirect.status === 0 ? 302 : redirect.status);
  const base = redirect.keepPath ? redirect.target.replace(/\/$/, '') : redirect.target;
  const rest = redirect.keepPath ? [variable(redirectRest(place, rendering))] : [];
  const text = rendering.text(base);
  const target = template(...(typeof text === 'string' ? [text] : text), ...rest);
  return {
    inside: behindProtection(name, rendering),
    beside: [block('location', [name], [...place.headers, directive('return', status, target)])],
  };
}

export function renderFixed(fixed: FixedResponse, place: Place, rendering: Rendering): Rendered {
  const name = `@fixed-${place.scope}`;
  if (isSentAsItIs(fixed))
    return {
      inside: behindProtection(name, rendering),
      beside: [block('location', [name], sentBody(fixed, place))],
    };
  const page = `/.ostler-pages/fixed-${place.scope}`;
  const file = rendering.addFile(`fixed-${place.scope}.html`, fixed.body);
  return {
    inside: behindProtection(name, rendering),
    beside: [
      // 418 is only the way to the page; what is sent is the declared status.
      block(
        'location',
        [name],
        [directive('error_page', '418', `=${fixed.status}`, page), directive('return', '418')],
      ),
      pageLocation(page, template(file), place.headers),
    ],
  };
}

/**
 * A short text stands in the configuration: a location and a file less for nginx to read at each test and reload. Some
 * codes mean more to `return` than to be sent: 3xx have a target, 444 closes, and without a text errors have a page.
 */
function isSentAsItIs({ status, body }: FixedResponse): boolean {
  const isPlain = status === 200 || (status >= 400 && status <= 443) || (status >= 500 && status <= 599);
  return isPlain && body !== '' && body.length <= PIECE_CHARACTERS;
}

function sentBody({ status, body }: FixedResponse, place: Place): Directive[] {
  return [
    // Whatever the path ends with.
    block('types', [], []),
    directive('default_type', HTML),
    ...place.headers,
    directive('return', String(status), body),
  ];
}

const HTML = 'text/html; charset=utf-8';

export function pageLocation(path: string, file: Argument, headers: readonly Directive[]): Directive {
  return block(
    'location',
    ['=', path],
    [directive('internal'), directive('default_type', HTML), ...headers, directive('alias', file)],
  );
}

/** nginx inherits `add_header` all or nothing: each location repeats what it should send. */
export function renderHeaders(
  site: readonly Header[],
  path: readonly Header[],
  rendering: Rendering,
): Directive[] {
  const replaced = new Set(path.map((header) => header.name.toLowerCase()));
  return [...site.filter((header) => !replaced.has(header.name.toLowerCase())), ...path].map((header) =>
    directive('add_header', header.name, rendering.text(header.value), 'always'),
  );
}
