import type { SiteSpec } from '@ostler/contracts';

/** Schema version 1 is the first: nothing to change yet. A new version adds its step here, with a fixture. */
export function upgradeSite(spec: SiteSpec, _fromSchemaVersion: number): SiteSpec {
  return spec;
}
