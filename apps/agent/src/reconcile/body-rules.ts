import { create } from '@bufbuild/protobuf';
import { ManifestBodySchema, PlacementSchema, type ManifestBody } from '@ostler/contracts';
import { checkContractRules } from '../store';

/**
 * Checks a compiled body by the rules of the contract. A body carries no placement (where it goes is decided
 * and is no business of the server), while the spec that people write must: the rules see one that is right.
 */
export async function checkBodyRules(body: ManifestBody): Promise<void> {
  const { spec } = body;
  if (spec.case !== 'site' || spec.value.placement) return checkContractRules(ManifestBodySchema, body);
  const value = { ...spec.value, placement: create(PlacementSchema, { server: 'here' }) };
  return checkContractRules(ManifestBodySchema, { ...body, spec: { case: 'site', value } });
}
