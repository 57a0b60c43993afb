import type { AccessRule, BasicAuth, RateLimit } from '@ostler/contracts';
import { directive, template, variable, type Directive } from '../../../targets/nginx';
import { passwordKey } from '../inputs';
import type { Rendering } from './rendering';

/** Who may ask, and how often. A path's own setting replaces the site's. */
export interface Protection {
  readonly rateLimit?: RateLimit;
  readonly access: readonly AccessRule[];
  readonly basicAuth?: BasicAuth;
}

/** What the site says for all paths counts once for all of them: one rate limit, one password file. */
const WHOLE_SITE = 'main';

export function renderProtection(
  site: Protection,
  path: Protection | undefined,
  scope: string,
  rendering: Rendering,
): Directive[] {
  const rateLimit = path?.rateLimit ?? site.rateLimit;
  const basicAuth = path?.basicAuth ?? site.basicAuth;
  const access = path && path.access.length > 0 ? path.access : site.access;
  return [
    ...(rateLimit ? renderRateLimit(rateLimit, path?.rateLimit ? scope : WHOLE_SITE, rendering) : []),
    ...access.map((rule) => directive(rule.allow ? 'allow' : 'deny', rule.source)),
    ...(basicAuth ? renderBasicAuth(basicAuth, path?.basicAuth ? scope : WHOLE_SITE, rendering) : []),
  ];
}

/** A zone that changes under its old name is refused at reload: its name is a hash of its parameters. */
function renderRateLimit(limit: RateLimit, scope: string, rendering: Rendering): Directive[] {
  const name = rendering.globalName('rate', scope, limit.requestsPerSecond);
  rendering.share(
    name,
    directive(
      'limit_req_zone',
      template(variable('binary_remote_addr')),
      `zone=${name}:1m`,
      `rate=${limit.requestsPerSecond}r/s`,
    ),
  );
  const burst = limit.burst > 0 ? [`burst=${limit.burst}`, 'nodelay'] : [];
  return [
    directive('limit_req', `zone=${name}`, ...burst),
    directive('limit_req_status', '429'),
    directive('limit_req_log_level', 'notice'),
  ];
}

function renderBasicAuth(auth: BasicAuth, scope: string, rendering: Rendering): Directive[] {
  const name = `users-${scope}`;
  const lines = auth.users.map((user) => {
    const key = passwordKey(user.password?.uid ?? '', user.password?.version ?? 0, user.username);
    return `${user.username}:${rendering.inputs.passwords[key] ?? '!'}\n`;
  });
  const file = rendering.addFile(name, lines.join(''), true);
  return [
    directive('auth_basic', auth.realm === '' ? 'Restricted' : auth.realm),
    directive('auth_basic_user_file', template(file)),
  ];
}
