import {
  type AccessRule,
  type BasicAuth,
  Kind,
  type PathRule,
  PathRule_Match,
  type SiteSpec,
} from '@ostler/contracts';

import { normaliseDomain } from '../domains/domain';
import { demand, type Problems } from '../problems';
import { accessSource, cidr } from '../text/cidr';
import { locationPath } from '../text/paths';
import { validateHandler } from './validate-handler';
import { validateResponseHeaders } from './validate-headers';
import { validateUpstreams } from './validate-upstreams';

const HSTS_PRELOAD_SECONDS = 31_536_000;

/** What the rules in the proto cannot say of a normalised site. */
export function validateSite(spec: SiteSpec, problems: Problems): void {
  validateDomains(spec, problems);
  const upstreams = validateUpstreams(spec.upstreams, problems);
  validateHandler(spec.handler, upstreams, problems.at('handler'));
  validatePaths(spec.paths, upstreams, problems);
  validateResponseHeaders(spec.headers, problems, 'headers');
  validateAccess(spec.access, problems);
  validateBasicAuth(spec.basicAuth, problems);
  validateTls(spec, problems);
  validateMaintenance(spec, problems);
  validateErrorPages(spec, problems);
}

function validateDomains(spec: SiteSpec, problems: Problems): void {
  for (const [index, domain] of spec.domains.entries()) {
    const valid = demand(problems, `domains[${index}]`, normaliseDomain(domain));
    if (valid && spec.domains.indexOf(domain) < index) {
      problems.add(`domains[${index}]`, 'DUPLICATE', `${domain} is listed twice (after normalisation)`);
    }
  }
  if (spec.redirectToPrimary && spec.domains[0]?.startsWith('*.')) {
    problems.add('redirectToPrimary', 'NOT_COMBINABLE', 'needs a first domain without `*`, to redirect to');
  }
}

function validatePaths(rules: readonly PathRule[], upstreams: ReadonlySet<string>, problems: Problems): void {
  const seen = new Set<string>();
  for (const [index, rule] of rules.entries()) {
    const inner = problems.at(`paths[${index}]`);
    demand(inner, 'path', locationPath(rule.path));
    const key = `${rule.match === PathRule_Match.EXACT ? 'exact' : 'prefix'} ${rule.path}`;
    if (seen.has(key)) inner.add('path', 'DUPLICATE', `there are two rules for ${key}; merge them`);
    seen.add(key);
    if (key === 'prefix /') inner.add('path', 'DUPLICATE', '`/` is answered by the handler of the site');
    validateHandler(rule.handler, upstreams, inner.at('handler'));
    validateResponseHeaders(rule.headers, inner, 'headers');
    validateAccess(rule.access, inner);
    validateBasicAuth(rule.basicAuth, inner);
  }
}

function validateAccess(rules: readonly AccessRule[], problems: Problems): void {
  for (const [index, rule] of rules.entries()) {
    demand(problems, `access[${index}].source`, accessSource(rule.source));
    if (rule.source === 'all' && index < rules.length - 1) {
      problems.add(
        `access[${index}].source`,
        'UNREACHABLE',
        '`all` matches everybody, so the rules after it never do',
      );
    }
  }
}

function validateBasicAuth(auth: BasicAuth | undefined, problems: Problems): void {
  if (!auth) return;
  // nginx expands `$` in a realm, and nothing may be read from its variables.
  if (/[$\p{Cf}\p{Zl}\p{Zp}]/u.test(auth.realm)) {
    problems.add('basicAuth.realm', 'BAD_CHARACTER', 'may not contain `$` or invisible characters');
  }
  const names = auth.users.map(({ username }) => username);
  for (const [index, user] of auth.users.entries()) {
    const at = `basicAuth.users[${index}]`;
    if (names.indexOf(user.username) < index)
      problems.add(`${at}.username`, 'DUPLICATE', `${user.username} is listed twice`);
    if (/^[-.]/.test(user.username)) {
      problems.add(`${at}.username`, 'BAD_CHARACTER', 'must begin with a letter or digit');
    }
    const value = user.password?.value ?? '';
    if (/[\u0000-\u001f\u007f]/.test(value)) {
      problems.add(`${at}.password.value`, 'BAD_CHARACTER', 'may not contain control characters');
    }
    if (value.length > 1024)
      problems.add(`${at}.password.value`, 'TOO_LONG', 'is longer than 1024 characters');
    if (user.password?.clear)
      problems.add(`${at}.password.clear`, 'REQUIRED', 'a user has a password; remove the user instead');
  }
}

function validateTls(spec: SiteSpec, problems: Problems): void {
  if (!spec.tls) return;
  if (spec.tls.certificate && spec.tls.certificate.kind !== Kind.CERTIFICATE) {
    problems.add('tls.certificate.kind', 'WRONG_KIND', 'must be a Certificate');
  }
  const hsts = spec.tls.hsts;
  if (!hsts) return;
  if (spec.headers.some(({ name }) => name.toLowerCase() === 'strict-transport-security')) {
    problems.add(
      'tls.hsts',
      'NOT_COMBINABLE',
      'is set in headers too; remove Strict-Transport-Security there',
    );
  }
  if (hsts.preload && (!hsts.includeSubdomains || hsts.maxAgeSeconds < HSTS_PRELOAD_SECONDS)) {
    problems.add(
      'tls.hsts.preload',
      'NOT_COMBINABLE',
      `needs includeSubdomains and maxAgeSeconds of at least ${HSTS_PRELOAD_SECONDS}`,
    );
  }
}

function validateMaintenance({ maintenance }: SiteSpec, problems: Problems): void {
  if (!maintenance) return;
  refuseNul(maintenance.body, problems, 'maintenance.body');
  for (const [index, source] of maintenance.allow.entries())
    demand(problems, `maintenance.allow[${index}]`, cidr(source));
}

function validateErrorPages(spec: SiteSpec, problems: Problems): void {
  const seen = new Set<number>();
  for (const [index, page] of spec.errorPages.entries()) {
    refuseNul(page.body, problems, `errorPages[${index}].body`);
    for (const status of page.statuses) {
      if (seen.has(status))
        problems.add(`errorPages[${index}].statuses`, 'DUPLICATE', `${status} has two pages`);
      seen.add(status);
    }
  }
}

function refuseNul(text: string, problems: Problems, path: string): void {
  if (text.includes('\0')) problems.add(path, 'BAD_CHARACTER', 'may not contain NUL');
}
