import { clone } from '@bufbuild/protobuf';
import {
  DriftPolicy,
  type Handler,
  PathRule_Match,
  type SiteSpec,
  SiteSpecSchema,
  Tls_MinVersion,
  Upstream_Balance,
} from '@ostler/contracts';

/**
 * What the agent is told of a site. The placement stays behind; what is at its default is left out, so that
 * writing a default down, or not, makes the same bytes.
 */
export function compileSite(given: SiteSpec): SiteSpec {
  const spec = clone(SiteSpecSchema, given);
  spec.placement = undefined;
  if (spec.maxBodyBytes === 1_048_576n) spec.maxBodyBytes = 0n;
  if (spec.gzip === true) spec.gzip = undefined;
  if (spec.http2 === true) spec.http2 = undefined;
  if (spec.ipv6 === true) spec.ipv6 = undefined;
  if (spec.driftPolicy === DriftPolicy.REPORT) spec.driftPolicy = DriftPolicy.UNSPECIFIED;
  if (spec.tls?.minVersion === Tls_MinVersion.TLS_1_2) spec.tls.minVersion = Tls_MinVersion.UNSPECIFIED;
  if (spec.basicAuth?.realm === 'Restricted') spec.basicAuth.realm = '';
  compileTimeouts(spec);
  compileHandler(spec.handler);
  for (const rule of spec.paths) {
    compileHandler(rule.handler);
    if (rule.match === PathRule_Match.PREFIX) rule.match = PathRule_Match.UNSPECIFIED;
    if (rule.basicAuth?.realm === 'Restricted') rule.basicAuth.realm = '';
  }
  compileUpstreams(spec);
  return spec;
}

function compileHandler(handler: Handler | undefined): void {
  if (handler?.answer.case === 'staticFiles') {
    const files = handler.answer.value;
    if (files.index.length === 1 && files.index[0] === 'index.html') files.index = [];
  }
  if (handler?.answer.case === 'fastcgi' && handler.answer.value.index === 'index.php')
    handler.answer.value.index = '';
}

function compileUpstreams(spec: SiteSpec): void {
  for (const upstream of spec.upstreams) {
    if (upstream.balance === Upstream_Balance.ROUND_ROBIN) upstream.balance = Upstream_Balance.UNSPECIFIED;
    if (upstream.keepalive === 16) upstream.keepalive = 0;
    for (const server of upstream.servers) if (server.weight === 1) server.weight = 0;
    const check = upstream.healthCheck;
    if (!check) continue;
    if (check.intervalSeconds === 5) check.intervalSeconds = 0;
    if (check.timeoutSeconds === 2) check.timeoutSeconds = 0;
    if (check.unhealthyThreshold === 3) check.unhealthyThreshold = 0;
    if (check.healthyThreshold === 2) check.healthyThreshold = 0;
  }
}

function compileTimeouts(spec: SiteSpec): void {
  const { timeouts } = spec;
  if (!timeouts) return;
  if (timeouts.clientBodySeconds === 60) timeouts.clientBodySeconds = 0;
  if (timeouts.connectSeconds === 60) timeouts.connectSeconds = 0;
  if (timeouts.readSeconds === 60) timeouts.readSeconds = 0;
  if (timeouts.sendSeconds === 60) timeouts.sendSeconds = 0;
  const { clientBodySeconds, connectSeconds, readSeconds, sendSeconds } = timeouts;
  if (clientBodySeconds + connectSeconds + readSeconds + sendSeconds === 0) spec.timeouts = undefined;
}
