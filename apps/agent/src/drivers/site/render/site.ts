import { PathRule_Match, type Handler, type PathRule, type SiteSpec } from '@ostler/contracts';
import {
  block,
  directive,
  template,
  variable,
  type Argument,
  type Contribution,
  type Directive,
  type Part,
  type ProbePoint,
  type ServerFacts,
} from '../../../targets/nginx';
import type { SiteInputs } from '../inputs';
import {
  renderFastCgi,
  renderFixed,
  renderHeaders,
  renderProxy,
  renderRedirect,
  renderStatic,
  type Place,
  type Rendered,
} from './handlers';
import { renderProtection } from './protection';
import { Rendering } from './rendering';
import { addPages, gate, serverBlock } from './server';
import { renderUpstream } from './upstreams';

/** A site as nginx configuration. Pure: the same spec, inputs and facts give the same bytes. */
export function renderSite(
  identity: { readonly uid: string; readonly name: string },
  spec: SiteSpec,
  inputs: SiteInputs,
  facts: ServerFacts,
): Contribution {
  const rendering = new Rendering(identity.uid, spec, inputs, facts);
  addPages(rendering);
  const upstreams = spec.upstreams.flatMap((upstream) => renderUpstream(upstream, rendering));
  const servers = serverBlocks(rendering);
  return {
    uid: identity.uid,
    name: identity.name,
    nodes: [...rendering.http, ...upstreams, ...servers],
    files: rendering.files,
    domains: spec.domains,
    probes: probes(spec, inputs),
    ipv6: facts.ipv6 && spec.ipv6 !== false,
    inputs: inputs.certificate ? { certificate: inputs.certificate.fingerprint } : {},
  };
}

function serverBlocks(rendering: Rendering): Directive[] {
  const { spec, inputs } = rendering;
  const https = inputs.certificate !== undefined;
  const moved = https && spec.tls?.forceHttps === true;
  const headers = [...strictTransport(rendering), ...renderHeaders(spec.headers, [], rendering)];
  const [primary = '', ...others] = spec.domains;
  const names = spec.redirectToPrimary ? [primary] : spec.domains;
  const closed = gate(rendering);
  const content = renderLocations(headers, closed, rendering);
  return [
    serverBlock(names, { http: !moved, https }, content, headers, rendering),
    ...(moved
      ? [
          serverBlock(
            names,
            { http: true, https: false },
            [forward(secure(rendering), closed)],
            headers,
            rendering,
          ),
        ]
      : []),
    ...(spec.redirectToPrimary && others.length > 0
      ? [
          serverBlock(
            others,
            { http: true, https },
            [forward(primaryAddress(primary, moved, rendering), [...strictTransport(rendering), ...closed])],
            headers,
            rendering,
          ),
        ]
      : []),
  ];
}

function forward(target: readonly (string | Part)[], before: readonly Directive[]): Directive {
  return block(
    'location',
    ['/'],
    [...before, directive('return', '308', template(...target, variable('request_uri')))],
  );
}

function portSuffix(port: number, usual: number): string {
  return port === usual ? '' : `:${port}`;
}

function secure({ facts }: Rendering): (string | Part)[] {
  return ['https://', variable('host'), portSuffix(facts.httpsPort, 443)];
}

function primaryAddress(primary: string, moved: boolean, rendering: Rendering): (string | Part)[] {
  const { facts, inputs } = rendering;
  if (moved) return [`https://${primary}${portSuffix(facts.httpsPort, 443)}`];
  if (!inputs.certificate) return [`http://${primary}${portSuffix(facts.httpPort, 80)}`];
  if (facts.httpPort === 80 && facts.httpsPort === 443) return [variable('scheme'), `://${primary}`];
  const name = rendering.globalName('origin');
  rendering.share(
    name,
    block(
      'map',
      [template(variable('scheme')), template(variable(name))],
      [
        directive('default', `http://${primary}${portSuffix(facts.httpPort, 80)}`),
        directive('https', `https://${primary}${portSuffix(facts.httpsPort, 443)}`),
      ],
    ),
  );
  return [variable(name)];
}

/** Strict-Transport-Security must not be sent over plain HTTP (RFC 6797 section 7.2): there its value is empty. */
function strictTransport(rendering: Rendering): Directive[] {
  const hsts = rendering.spec.tls?.hsts;
  if (!hsts || !rendering.inputs.certificate) return [];
  const value = [
    `max-age=${hsts.maxAgeSeconds}`,
    ...(hsts.includeSubdomains ? ['includeSubDomains'] : []),
    ...(hsts.preload ? ['preload'] : []),
  ].join('; ');
  const name = rendering.globalName('hsts', value);
  rendering.share(
    name,
    block(
      'map',
      [template(variable('https')), template(variable(name))],
      [directive('default', ''), directive('on', value)],
    ),
  );
  return [directive('add_header', 'Strict-Transport-Security', template(variable(name)), 'always')];
}

function renderLocations(
  headers: readonly Directive[],
  closed: readonly Directive[],
  rendering: Rendering,
): Directive[] {
  const { spec } = rendering;
  const main: Place = { scope: 'main', path: '/', exact: false, gate: closed, headers };
  return [
    ...renderPlace(main, spec.handler, undefined, rendering),
    ...spec.paths.flatMap((rule, index) => {
      const own = [...strictTransport(rendering), ...renderHeaders(spec.headers, rule.headers, rendering)];
      const exact = rule.match === PathRule_Match.EXACT;
      const place: Place = { scope: `path-${index}`, path: rule.path, exact, gate: closed, headers: own };
      return renderPlace(place, rule.handler, rule, rendering);
    }),
  ];
}

function renderPlace(
  place: Place,
  handler: Handler | undefined,
  rule: PathRule | undefined,
  rendering: Rendering,
): Directive[] {
  const name: Argument[] = place.exact ? ['=', place.path] : [place.path];
  const { inside, beside } = renderAnswer(handler, place, rendering);
  return [
    block('location', name, [
      ...place.gate,
      ...place.headers,
      ...renderProtection(rendering.spec, rule, place.scope, rendering),
      ...inside,
    ]),
    ...beside,
  ];
}

function renderAnswer(handler: Handler | undefined, place: Place, rendering: Rendering): Rendered {
  const answer = handler?.answer;
  switch (answer?.case) {
    case 'staticFiles':
      return renderStatic(answer.value, place, rendering);
    case 'proxy':
      return { inside: renderProxy(answer.value, rendering), beside: [] };
    case 'fastcgi':
      return renderFastCgi(answer.value, place, rendering);
    case 'redirect':
      return renderRedirect(answer.value, place, rendering);
    case 'fixedResponse':
      return renderFixed(answer.value, place, rendering);
    default:
      return { inside: [directive('return', '404')], beside: [] };
  }
}

/** One name per server block and listener; a wildcard is asked for by a name below it. */
function probes(spec: SiteSpec, inputs: SiteInputs): ProbePoint[] {
  const [primary = '', second] = spec.domains;
  const asked = spec.redirectToPrimary && second !== undefined ? [primary, second] : [primary];
  return asked
    .map((domain) => domain.replace(/^\*/, 'ostler-probe'))
    .flatMap((host) => [{ host, tls: false }, ...(inputs.certificate ? [{ host, tls: true }] : [])]);
}
