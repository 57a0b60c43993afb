import type { PlacementReport, SiteSpec } from '@ostler/contracts';
import type { PlacedResource } from './driver.port';

/** Digests of the releases that sites name, and of those that were last seen being served. */
export function releasesInUse(
  sites: readonly PlacedResource[],
  reports: Iterable<PlacementReport>,
): Set<string> {
  const digests = new Set<string>();
  for (const { spec } of sites)
    if (spec.case === 'site') for (const digest of namedBy(spec.value)) digests.add(digest);
  for (const { detail } of reports)
    if (detail.case === 'site' && detail.value.release) digests.add(detail.value.release);
  return digests;
}

function namedBy({ handler, paths }: SiteSpec): string[] {
  const answers = [handler, ...paths.map((path) => path.handler)].map((one) => one?.answer);
  return answers.flatMap((answer) =>
    answer?.case === 'staticFiles' && answer.value.release ? [answer.value.release] : [],
  );
}
