import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { Kind, Placement, Ref } from '@ostler/contracts';

import type { Problems } from './problems';

/** What the engine and every client know of one kind. All of it is pure and never throws. */
export interface KindModel<Desc extends DescMessage = DescMessage, Case extends string = string> {
  readonly kind: Kind;
  /** As people write it in a spec file. */
  readonly title: string;
  /** Name of its member in the oneof of Resource, ManifestBody and PlacementReport. */
  readonly specCase: Case;
  readonly schema: Desc;
  /** Counts the forms in which specs of the kind were stored. */
  readonly schemaVersion: number;
  /** The one form of the spec; idempotent. What is invalid stays as it is, for `validate` to name. */
  normalise(spec: MessageShape<Desc>): MessageShape<Desc>;
  /** What the rules in the proto cannot say, of a normalised spec. */
  validate(spec: MessageShape<Desc>, problems: Problems): void;
  /** A spec that was stored under an earlier schema version, in today's form. */
  upgrade(spec: MessageShape<Desc>, fromSchemaVersion: number): MessageShape<Desc>;
  /** Host names that the resource claims for itself. */
  domains(spec: MessageShape<Desc>): readonly string[];
  /** Undefined for a kind that is placed where it is referenced. */
  placement(spec: MessageShape<Desc>): Placement | undefined;
  /** References with their paths. */
  references(spec: MessageShape<Desc>): readonly { readonly path: string; readonly ref: Ref }[];
  /** One line for lists. */
  summarise(spec: MessageShape<Desc>): string;
}
