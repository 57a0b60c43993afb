import { PathRule_Match, type SiteSpec } from '@ostler/contracts';
import { domainProblem } from './check/domains';
import {
  checkAccess,
  checkBasicAuth,
  checkBody,
  checkHandler,
  checkHeaders,
  type CheckContext,
} from './check/handlers';
import { parseNetwork } from './check/networks';
import { pathProblem } from './check/paths';
import { checkUpstream } from './check/upstreams';
import { Violations } from './check/violations';
import type { SitePolicy } from './policy';

const CHALLENGE_PREFIX = '/.well-known/acme-challenge/';
/** nginx keeps the length of a location's name in one byte (1.22, seen) and mixes up longer ones. */
const LONGEST_LOCATION_BYTES = 250;

/**
 * Checks a compiled Site as if the control plane were hostile: everything that becomes configuration, a path or an
 * address. Pure; links on the way to a folder and the addresses behind a name are checked when it is planned.
 */
export function checkSite(spec: SiteSpec, policy: SitePolicy): void {
  const violations = new Violations();
  const context: CheckContext = { spec, policy, violations };
  checkDomains(context);
  checkHandler(spec.handler, 'handler', context);
  checkHeaders(spec.headers, 'headers', context);
  checkAccess(spec.access, 'access', context);
  checkBasicAuth(spec.basicAuth, 'basicAuth', context);
  checkPathRules(context);
  spec.upstreams.forEach((upstream, index) => checkUpstream(upstream, `upstreams[${index}]`, context));
  checkUnique(
    spec.upstreams.map((upstream) => upstream.name),
    'upstreams',
    'name',
    context,
  );
  checkPages(context);
  violations.throwIfAny();
}

function checkDomains(context: CheckContext): void {
  const { spec, violations } = context;
  if (spec.domains.length === 0) violations.add('domains', 'REQUIRED', 'name at least one domain.');
  spec.domains.forEach((domain, index) => {
    const problem = domainProblem(domain);
    if (problem)
      violations.add(`domains[${index}]`, 'DOMAIN', `${JSON.stringify(domain.slice(0, 80))} ${problem}.`);
  });
  checkUnique(spec.domains, 'domains', undefined, context);
  if (spec.redirectToPrimary && spec.domains[0]?.startsWith('*.'))
    violations.add(
      'redirectToPrimary',
      'WILDCARD',
      'the first domain is a wildcard, nothing can be redirected to it.',
    );
}

function checkPathRules(context: CheckContext): void {
  const { spec, violations } = context;
  const seen = new Set<string>();
  spec.paths.forEach((rule, index) => {
    const field = `paths[${index}]`;
    const exact = rule.match === PathRule_Match.EXACT;
    const problem = pathProblem(rule.path) ?? locationProblem(rule.path, exact);
    if (problem) violations.add(`${field}.path`, 'PATH', `${problem}.`);
    const key = `${exact ? '=' : '^'}${rule.path}`;
    if (seen.has(key)) violations.add(`${field}.path`, 'TWICE', `${rule.path} is there twice.`);
    seen.add(key);
    checkHandler(rule.handler, `${field}.handler`, context);
    checkHeaders(rule.headers, `${field}.headers`, context);
    checkAccess(rule.access, `${field}.access`, context);
    checkBasicAuth(rule.basicAuth, `${field}.basicAuth`, context);
  });
}

function locationProblem(path: string, exact: boolean): string | undefined {
  if (!exact && path === '/') return 'is what the handler of the site answers; leave the rule out';
  if (path.startsWith(CHALLENGE_PREFIX) || path === CHALLENGE_PREFIX.slice(0, -1))
    return 'is kept for certificate challenges';
  if (Buffer.byteLength(path) > LONGEST_LOCATION_BYTES)
    return `is longer than ${LONGEST_LOCATION_BYTES} bytes`;
  return undefined;
}

function checkPages(context: CheckContext): void {
  const { spec, violations } = context;
  const statuses = spec.errorPages.flatMap((page) => page.statuses);
  checkUnique(statuses.map(String), 'errorPages', 'statuses', context);
  spec.errorPages.forEach((page, index) => {
    checkBody(page.body, `errorPages[${index}].body`, context);
    if (page.statuses.some((status) => status < 400 || status > 599 || status === 499))
      violations.add(
        `errorPages[${index}].statuses`,
        'RANGE',
        "must be 400 to 599, without nginx's own 499.",
      );
  });
  if (!spec.maintenance) return;
  checkBody(spec.maintenance.body, 'maintenance.body', context);
  spec.maintenance.allow.forEach((source, index) => {
    if (!parseNetwork(source))
      violations.add(`maintenance.allow[${index}]`, 'NETWORK', 'is neither an address nor address/bits.');
  });
}

function checkUnique(
  values: readonly string[],
  field: string,
  part: string | undefined,
  { violations }: CheckContext,
): void {
  values.forEach((value, index) => {
    if (values.indexOf(value) === index) return;
    violations.add(
      `${field}[${index}]${part === undefined ? '' : `.${part}`}`,
      'TWICE',
      `${value} is there twice.`,
    );
  });
}
