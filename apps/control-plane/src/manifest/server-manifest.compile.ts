import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
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

/** What the spec of one generation becomes; the same for every server that it is placed on. */
export interface CompiledBody {
  readonly body: Uint8Array;
  readonly sha256: Uint8Array<ArrayBuffer>;
  readonly secrets: readonly { readonly uid: string; readonly version: number }[];
  readonly featureLevel: number;
}

export interface CompiledEntry extends CompiledBody {
  readonly entry: ManifestEntry;
}

export interface CompiledManifest {
  readonly entries: readonly CompiledEntry[];
  readonly tombstones: readonly Tombstone[];
}

/** Exact bytes, the same for the same spec, always. */
export function compileBody({ kind, spec: stored }: Pick<PlacedSpec, 'kind' | 'spec'>): CompiledBody {
  const engine = kindEngine(kind);
  const { model } = engine;
  const spec = engine.compile(stored) as SpecValue;
  const message = create(ManifestBodySchema, { spec: specCaseOf(kind, spec) });
  const body = canonicalBytes(ManifestBodySchema, message);
  return {
    body,
    sha256: Uint8Array.from(createHash('sha256').update(body).digest()),
    secrets: secretsIn(model.schema, spec).map(({ secret }) => ({
      uid: secret.uid,
      version: secret.version,
    })),
    featureLevel: featureLevel(model.schema, spec).level,
  };
}

function entryOf(placed: PlacedSpec, { body, sha256 }: CompiledBody): ManifestEntry {
  const { uid, kind, name, tenantUid, generation } = placed;
  const edges = placed.edges.toSorted(byUid).map((edge) => ({ ...edge }));
  return create(ManifestEntrySchema, {
    uid,
    kind,
    name,
    tenantUid,
    generation,
    bodySha256: sha256,
    bodySize: body.length,
    edges,
  });
}

/** What a server holds without a placement, and is to let go of. */
export type Discarded = Pick<PlacedSpec, 'uid' | 'kind' | 'name' | 'generation'>;

/** Everything that one server should have, and what it should let go of. `bodyOf` may remember what it compiled. */
export function compileManifest(
  placements: readonly PlacedSpec[],
  bodyOf: (placed: PlacedSpec) => CompiledBody = compileBody,
  discarded: readonly Discarded[] = [],
): CompiledManifest {
  const ordered = placements.toSorted(byUid);
  return {
    entries: ordered
      .filter(({ removing }) => !removing)
      .map((placed) => {
        const compiled = bodyOf(placed);
        return { ...compiled, entry: entryOf(placed, compiled) };
      }),
    tombstones: [...ordered.filter(({ removing }) => removing), ...discarded]
      .toSorted(byUid)
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
  // No maps in it and made here: its plain encoding is the canonical one.
  return toBinary(
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
