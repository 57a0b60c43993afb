import { clone } from '@bufbuild/protobuf';
import {
  type AccessRule,
  type Handler,
  type Header,
  type PathRule,
  type SiteSpec,
  SiteSpecSchema,
} from '@ostler/contracts';

import { normaliseDomain } from '../domains/domain';
import { orAsIs, type Verdict } from '../problems';
import { accessSource, cidr } from '../text/cidr';
import { hostHeader, upstreamHost } from '../text/hosts';
import { fastCgiSocket, locationPath, serverFolder } from '../text/paths';

const tidy = (rule: (text: string) => Verdict, text: string): string => orAsIs(rule(text), text);

/** Host names as A-labels, addresses and folders in their one form, header values without outer spaces. */
export function normaliseSite(given: SiteSpec): SiteSpec {
  const spec = clone(SiteSpecSchema, given);
  spec.domains = spec.domains.map((domain) => tidy(normaliseDomain, domain));
  normaliseHandler(spec.handler);
  normaliseHeaders(spec.headers);
  normaliseAccess(spec.access);
  for (const rule of spec.paths) normalisePathRule(rule);
  for (const upstream of spec.upstreams) {
    for (const server of upstream.servers) server.host = tidy(upstreamHost, server.host);
  }
  if (spec.maintenance) spec.maintenance.allow = spec.maintenance.allow.map((source) => tidy(cidr, source));
  return spec;
}

function normalisePathRule(rule: PathRule): void {
  rule.path = tidy(locationPath, rule.path);
  normaliseHandler(rule.handler);
  normaliseHeaders(rule.headers);
  normaliseAccess(rule.access);
}

function normaliseHandler(handler: Handler | undefined): void {
  const answer = handler?.answer;
  if (answer?.case === 'staticFiles' && answer.value.root !== '')
    answer.value.root = tidy(serverFolder, answer.value.root);
  if (answer?.case === 'fastcgi') {
    answer.value.socket = tidy(fastCgiSocket, answer.value.socket);
    answer.value.root = tidy(serverFolder, answer.value.root);
  }
  if (answer?.case === 'proxy') {
    if (answer.value.host !== '') answer.value.host = tidy(hostHeader, answer.value.host);
    normaliseHeaders(answer.value.requestHeaders);
  }
}

function normaliseHeaders(headers: readonly Header[]): void {
  for (const header of headers) header.value = header.value.replace(/^[\t ]+|[\t ]+$/g, '');
}

function normaliseAccess(rules: readonly AccessRule[]): void {
  for (const rule of rules) rule.source = tidy(accessSource, rule.source);
}
