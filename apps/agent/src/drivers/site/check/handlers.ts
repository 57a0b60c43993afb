import type {
  AccessRule,
  BasicAuth,
  FastCgi,
  Handler,
  Header,
  Redirect,
  SiteSpec,
  StaticFiles,
} from '@ostler/contracts';
import type { SitePolicy } from '../policy';
import { domainProblem } from './domains';
import { parseNetwork, parseAddress } from './networks';
import { canonicalSocket, hasControl, isBelow, pathProblem } from './paths';
import type { Violations } from './violations';

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const HEADER_VALUE = /^[\t\x20-\x7e]{0,4096}$/;
/** Framing and connection headers belong to nginx (RFC 9110 section 7.6.1, RFC 9112 section 6). */
const HEADERS_OF_NGINX = new Set(
  'connection keep-alive proxy-connection te trailer transfer-encoding upgrade content-length date'.split(
    ' ',
  ),
);
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export interface CheckContext {
  readonly spec: SiteSpec;
  readonly policy: SitePolicy;
  readonly violations: Violations;
}

export function checkHandler(handler: Handler | undefined, field: string, context: CheckContext): void {
  const answer = handler?.answer;
  switch (answer?.case) {
    case 'staticFiles':
      return checkStatic(answer.value, `${field}.staticFiles`, context);
    case 'proxy': {
      const { upstream, host, requestHeaders } = answer.value;
      const { spec, violations } = context;
      if (!spec.upstreams.some((known) => known.name === upstream))
        violations.add(
          `${field}.proxy.upstream`,
          'UNKNOWN_UPSTREAM',
          `no upstream of this site is called ${JSON.stringify(upstream)}.`,
        );
      if (host !== '' && !isHostHeader(host))
        violations.add(
          `${field}.proxy.host`,
          'HOST',
          'must be a host name or address, with a port if need be.',
        );
      return checkHeaders(requestHeaders, `${field}.proxy.requestHeaders`, context);
    }
    case 'fastcgi':
      return checkFastCgi(answer.value, `${field}.fastcgi`, context);
    case 'redirect':
      return checkRedirect(answer.value, `${field}.redirect`, context);
    case 'fixedResponse': {
      const { status, body } = answer.value;
      if (status < 200 || status > 599)
        context.violations.add(`${field}.fixedResponse.status`, 'RANGE', 'must be 200 to 599.');
      return checkBody(body, `${field}.fixedResponse.body`, context);
    }
    default:
      context.violations.add(field, 'REQUIRED', 'says no answer.');
  }
}

function checkStatic(files: StaticFiles, field: string, context: CheckContext): void {
  const { violations, policy } = context;
  if ((files.root === '') === (files.release === ''))
    violations.add(field, 'ONE_SOURCE', 'name a root folder or a release, not both and not neither.');
  if (files.root !== '') checkRoot(files.root, `${field}.root`, policy, violations);
  if (files.release !== '' && !/^sha256:[0-9a-f]{64}$/.test(files.release))
    violations.add(`${field}.release`, 'DIGEST', 'is not sha256: and 64 hexadecimal digits.');
  files.index.forEach((name, index) => {
    if (!FILE_NAME.test(name))
      violations.add(`${field}.index[${index}]`, 'FILE_NAME', 'is not a plain file name.');
  });
  if (files.fallback !== '') {
    const problem = pathProblem(files.fallback);
    if (problem) violations.add(`${field}.fallback`, 'PATH', `${problem}.`);
  }
}

function checkFastCgi(fastcgi: FastCgi, field: string, { policy, violations }: CheckContext): void {
  checkRoot(fastcgi.root, `${field}.root`, policy, violations);
  if (fastcgi.index !== '' && !FILE_NAME.test(fastcgi.index))
    violations.add(`${field}.index`, 'FILE_NAME', 'is not a plain file name.');
  const socket = canonicalSocket(fastcgi.socket);
  // nginx reads `:` as the end of a socket's path and `$` as a variable.
  const problem =
    pathProblem(socket) ??
    (/[:$\s"\\;{}]/.test(socket) ? 'contains a character that nginx reads as syntax' : undefined);
  if (problem) return violations.add(`${field}.socket`, 'PATH', `${problem}.`);
  if (Buffer.byteLength(socket) > 107)
    violations.add(`${field}.socket`, 'TOO_LONG', 'is longer than 107 bytes.');
  if (!policy.socketFolders.some((folder) => isBelow(socket, canonicalSocket(`${folder}/`).slice(0, -1))))
    violations.add(
      `${field}.socket`,
      'OUTSIDE_POLICY',
      `must lie below ${policy.socketFolders.join(' or ')}.`,
    );
  if (policy.refusedPaths.some((refused) => isBelow(socket, canonicalSocket(refused))))
    violations.add(
      `${field}.socket`,
      'REFUSED_SOCKET',
      'is a socket that controls this server; no site may reach it.',
    );
}

function checkRoot(root: string, field: string, policy: SitePolicy, violations: Violations): void {
  const problem = pathProblem(root);
  if (problem) return violations.add(field, 'PATH', `${problem}.`);
  if (!policy.roots.some((folder) => isBelow(root, folder)))
    violations.add(
      field,
      'OUTSIDE_POLICY',
      `${allowedText(policy)} (${policy.rootsFrom ?? 'the local policy of this server'}).`,
    );
  if (policy.refusedPaths.some((refused) => isBelow(root, refused)))
    violations.add(field, 'REFUSED_PATH', 'is a folder that no site may serve.');
}

function allowedText({ roots }: SitePolicy): string {
  return roots.length === 0 ? 'no folder may be served here' : `must lie below ${roots.join(', ')}`;
}

function checkRedirect(redirect: Redirect, field: string, { violations }: CheckContext): void {
  const { target, status, keepPath } = redirect;
  if (![0, 301, 302, 303, 307, 308].includes(status))
    violations.add(`${field}.status`, 'STATUS', 'is not 301, 302, 303, 307 or 308.');
  if (!/^[\x21-\x7e]{1,2048}$/.test(target) || /["\\<>^`{|}]/.test(target))
    return violations.add(
      `${field}.target`,
      'URL',
      'must be a URL in ASCII; write other characters in percent form.',
    );
  const isPath = target.startsWith('/') && !target.startsWith('//');
  if (!isPath && !isHttpUrl(target))
    violations.add(
      `${field}.target`,
      'URL',
      'must be an absolute http or https URL, or a path that begins with one slash.',
    );
  if (keepPath && /[?#]/.test(target))
    violations.add(`${field}.target`, 'URL', 'must have no query and no fragment when keepPath is set.');
}

function isHttpUrl(target: string): boolean {
  if (!/^https?:\/\/[^/]/i.test(target)) return false;
  const url = URL.parse(target);
  return url !== null && url.username === '' && url.password === '' && url.hostname !== '';
}

function isHostHeader(host: string): boolean {
  const [, name = '', port] = /^(.*?)(?::([0-9]{1,5}))?$/.exec(host) ?? [];
  if (port !== undefined && Number(port) > 65535) return false;
  const bracketed = /^\[(.*)\]$/.exec(name)?.[1];
  if (bracketed !== undefined) return parseAddress(bracketed)?.family === 6;
  return !name.startsWith('*') && domainProblem(name.toLowerCase()) === undefined;
}

export function checkHeaders(headers: readonly Header[], field: string, { violations }: CheckContext): void {
  headers.forEach((header, index) => {
    if (!HEADER_NAME.test(header.name))
      violations.add(`${field}[${index}].name`, 'HEADER_NAME', 'is not a header name (RFC 9110 token).');
    else if (HEADERS_OF_NGINX.has(header.name.toLowerCase()))
      violations.add(
        `${field}[${index}].name`,
        'HEADER_OF_NGINX',
        `${header.name} is set by nginx and cannot be declared.`,
      );
    if (!HEADER_VALUE.test(header.value))
      violations.add(
        `${field}[${index}].value`,
        'HEADER_VALUE',
        'may hold visible ASCII characters, spaces and tabs.',
      );
  });
}

export function checkAccess(rules: readonly AccessRule[], field: string, { violations }: CheckContext): void {
  rules.forEach((rule, index) => {
    if (rule.source !== 'all' && !parseNetwork(rule.source))
      violations.add(
        `${field}[${index}].source`,
        'NETWORK',
        'is neither an address, nor address/bits, nor "all".',
      );
  });
}

export function checkBasicAuth(
  auth: BasicAuth | undefined,
  field: string,
  { violations }: CheckContext,
): void {
  if (!auth) return;
  if (hasControl(auth.realm) || /["\\]/.test(auth.realm) || auth.realm.length > 100)
    violations.add(
      `${field}.realm`,
      'REALM',
      'has at most 100 characters, no control characters, quotes or backslashes.',
    );
  const names = auth.users.map((user) => user.username);
  if (names.length === 0) violations.add(`${field}.users`, 'REQUIRED', 'name at least one user.');
  names.forEach((name, index) => {
    if (!/^[A-Za-z0-9._@-]{1,64}$/.test(name))
      violations.add(
        `${field}.users[${index}].username`,
        'USERNAME',
        'may hold letters, digits, and . _ @ -',
      );
    else if (names.indexOf(name) !== index)
      violations.add(`${field}.users[${index}].username`, 'TWICE', `${name} is there twice.`);
  });
}

export function checkBody(body: string, field: string, { violations }: CheckContext): void {
  if (Buffer.byteLength(body) > 65_536) violations.add(field, 'TOO_LONG', 'is longer than 64 KiB.');
  if (body.includes('\0')) violations.add(field, 'NUL', 'contains a NUL.');
  if (!body.isWellFormed())
    violations.add(field, 'NOT_TEXT', 'has half of a surrogate pair, which is no character.');
}
