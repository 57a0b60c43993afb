import type { SiteSpec, SiteSpecSchema } from '@ostler/contracts';
import { type KindModel, modelOfCase } from '@ostler/resource-model';

import type { KindEngine } from '../../kind-engine.port';
import { admitSite } from './site.admit';
import { compileSite } from './site.compile';

export const siteKind: KindEngine<typeof SiteSpecSchema> = {
  model: modelOfCase('site') as KindModel<typeof SiteSpecSchema>,
  admit: admitSite,
  compile: compileSite,
  releases: releasesOf,
};

/** Digests of the releases that the site serves, on any of its paths. */
export function releasesOf(spec: SiteSpec): string[] {
  const handlers = [spec.handler, ...spec.paths.map(({ handler }) => handler)];
  const digests = handlers.map((handler) =>
    handler?.answer.case === 'staticFiles' ? handler.answer.value.release : '',
  );
  return [...new Set(digests.filter((digest) => digest !== ''))];
}
