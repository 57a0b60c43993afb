import { Kind, type SiteSpec, SiteSpecSchema } from '@ostler/contracts';

import type { KindModel } from '../kind-model';
import { referencesIn } from '../message/references';
import { normaliseSite } from './normalise';
import { upgradeSite } from './upgrade';
import { validateSite } from './validate';

export const siteModel: KindModel<typeof SiteSpecSchema, 'site'> = {
  kind: Kind.SITE,
  title: 'Site',
  specCase: 'site',
  schema: SiteSpecSchema,
  schemaVersion: 1,
  normalise: normaliseSite,
  validate: validateSite,
  upgrade: upgradeSite,
  domains: (spec) => spec.domains,
  placement: (spec) => spec.placement,
  references: (spec) => referencesIn(SiteSpecSchema, spec),
  summarise,
};

function summarise(spec: SiteSpec): string {
  const more = spec.domains.length > 1 ? ` and ${spec.domains.length - 1} more` : '';
  return `${spec.domains[0] ?? 'no domain'}${more}, ${answerOf(spec)}${spec.tls ? ', TLS' : ''}`;
}

function answerOf({ handler }: SiteSpec): string {
  const answer = handler?.answer;
  switch (answer?.case) {
    case 'staticFiles':
      return answer.value.release
        ? `release ${answer.value.release.slice(7, 19)}`
        : `files of ${answer.value.root}`;
    case 'proxy':
      return `proxy to ${answer.value.upstream}`;
    case 'fastcgi':
      return `FastCGI at ${answer.value.socket}`;
    case 'redirect':
      return `redirect to ${answer.value.target}`;
    case 'fixedResponse':
      return `status ${answer.value.status}`;
    case undefined:
      return 'no answer';
  }
}
