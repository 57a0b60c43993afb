import { create, fromBinary } from '@bufbuild/protobuf';
import {
  type Kind, ManifestBodySchema, type ManifestEntry, ManifestEntrySchema, ManifestIndexSchema, type Tombstone, TombstoneSchema,
} from '@ostler/contracts'; // prettier-ignore
import { canonicalBytes, featureLevel, secretsIn, type SpecValue } from '@ostler/resource-model';
import { createHash } from 'node:crypto';

import { kindEngine, specCaseOf } from '../resources';

/** One placement of a server, as the store has it. */
export interface PlacedSpec {
  readonly uid: string;
  readonly tenantUid: string;
  readonly kind: Kind;
  readonly name: string;
  readonly generation: bigint;
  /** A tombstone; the spec is not read. */
  readonly removing: boolean;
  readonly spec: SpecValue;
  readonly edges: readonly { readonly kind: Kind; readonly name: string; readonly uid: string }[];
}

export interface CompiledEntry {
  readonly entry: ManifestEntry;
  readonly body: Uint8Array;
  readonly secrets: readonly { readonly uid: string; readonly version: number }[];
  readonly featureLevel: number;
}

export interface CompiledManifest {
  readonly entries: readonly CompiledEntry[];
  readonly tombstones: readonly Tombstone[];
}

/** What one resource becomes on its servers: exact bytes, the same for the same spec, always. */
export function compileEntry(placed: PlacedSpec): CompiledEntry {
  const engine = kindEngine(placed.kind);
  const spec = engine.compile(placed.spec) as SpecValue;
  const body = canonicalBytes(
    ManifestBodySchema,
    create(ManifestBodySchema, { spec: specCaseOf(placed.kind, spec) }),
  );
  const { schema } = engine.model;
  return {
    body,
    secrets: secretsIn(schema, spec).map(({ secret }) => ({ uid: secret.uid, version: secret.version })),
    featureLevel: featureLevel(schema, spec).level,
    entry: create(ManifestEntrySchema, {
      uid: placed.uid,
      kind: placed.kind,
      name: placed.name,
      tenantUid: placed.tenantUid,
      generation: placed.generation,
      bodySha256: createHash('sha256').update(body).digest(),
      bodySize: body.length,
      edges: placed.edges.toSorted(byUid).map((edge) => ({ ...edge })),
    }),
  };
}

/** Everything that one server should have, and what it should let go of. */
export function compileManifest(placements: readonly PlacedSpec[]): CompiledManifest {
  const ordered = placements.toSorted(byUid);
  return {
    entries: ordered.filter(({ removing }) => !removing).map(compileEntry),
    tombstones: ordered
      .filter(({ removing }) => removing)
      .map(({ uid, kind, name, generation }) => create(TombstoneSchema, { uid, kind, name, generation })),
  };
}

export interface ManifestNumbers {
  readonly epoch: bigint;
  readonly revision: bigint;
  readonly serverUid: string;
}

/** The exact bytes that are sent; docs/adr/0100-manifest.md has golden ones. */
export function indexBytes(manifest: CompiledManifest, numbers: ManifestNumbers): Uint8Array {
  const levels = manifest.entries.map((entry) => entry.featureLevel);
  return canonicalBytes(
    ManifestIndexSchema,
    create(ManifestIndexSchema, {
      ...numbers,
      entries: manifest.entries.map(({ entry }) => entry),
      tombstones: [...manifest.tombstones],
      featureLevel: levels.reduce((a, b) => Math.max(a, b), 1),
    }),
  );
}

/** The compiled spec that a body carries. */
export function readBody(body: Uint8Array) {
  return fromBinary(ManifestBodySchema, body).spec;
}

const byUid = (a: { readonly uid: string }, b: { readonly uid: string }): number =>
  a.uid < b.uid ? -1 : Number(a.uid > b.uid);
