import { fromBinary } from '@bufbuild/protobuf';
import { ErrorReason, type Kind, type Resource } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { canonicalBytes, hashMessage, type KindModel, modelOf, type SpecValue } from '@ostler/resource-model';

/**
 * A spec as it is stored: the canonical bytes of the kind's message and the number of the schema in which
 * they were written. docs/adr/0103-stored-spec.md has golden bytes.
 */
export interface StoredSpec {
  readonly spec: Uint8Array;
  readonly specSchema: number;
}

export function storeSpec(model: KindModel, spec: SpecValue): StoredSpec & { readonly specSha256: Buffer } {
  return {
    spec: canonicalBytes(model.schema, spec),
    specSchema: model.schemaVersion,
    specSha256: Buffer.from(hashMessage(model.schema, spec)),
  };
}

/**
 * The spec in today's form, whenever it was written.
 *
 * @throws AppError UNAVAILABLE when a newer control plane has written it: read by the rules of this one, it
 *   would say something else.
 */
export function loadSpec(kind: Kind, stored: StoredSpec): SpecValue {
  const model = requireModel(kind);
  if (stored.specSchema > model.schemaVersion) throw fromTheFuture(model, stored.specSchema);
  const spec = fromBinary(model.schema, stored.spec);
  return (
    stored.specSchema < model.schemaVersion ? model.upgrade(spec, stored.specSchema) : spec
  ) as SpecValue;
}

function fromTheFuture({ title, schemaVersion }: KindModel, specSchema: number): AppError {
  return new AppError(
    ErrorReason.UNAVAILABLE,
    `A ${title} was stored by a newer control plane (form ${specSchema}, this one knows ${schemaVersion}). Update this control plane.`,
  );
}

/** The member of the oneof `spec` of Resource and ManifestBody. */
export function specCaseOf(kind: Kind, spec: SpecValue): Resource['spec'] {
  return { case: requireModel(kind).specCase, value: spec } as Resource['spec'];
}

/** @throws AppError INVALID for a kind that this control plane does not know. */
export function requireModel(kind: Kind): KindModel {
  const model = modelOf(kind);
  if (!model) throw new AppError(ErrorReason.INVALID, `kind: ${kind} is not a kind of this control plane.`);
  return model;
}
