import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  Kind,
  ManifestBodySchema,
  ManifestIndexSchema,
  type ManifestBody,
  type ManifestEntrySchema,
  type TombstoneSchema,
} from '@ostler/contracts';
import { sha256Of, type Fence } from '../store';

type EntryInit = MessageInitShape<typeof ManifestEntrySchema>;

export interface BuiltManifest {
  readonly offer: Fence;
  readonly index: Uint8Array;
  readonly bodies: readonly { readonly sha256: Uint8Array; readonly bytes: Uint8Array }[];
}

export interface ResourceInit {
  readonly uid: string;
  readonly name: string;
  readonly kind?: Kind;
  readonly generation?: bigint;
  readonly edges?: EntryInit['edges'];
  readonly body?: ManifestBody;
  /** Exact bytes in place of `body`, for what no builder would make. */
  readonly bytes?: Uint8Array;
}

export interface ManifestInit {
  readonly serverUid: string;
  readonly epoch?: bigint;
  readonly revision: bigint;
  readonly resources?: readonly ResourceInit[];
  readonly tombstones?: MessageInitShape<typeof TombstoneSchema>[];
}

/** A site that answers with a fixed text, compiled: without a placement. */
export function siteBody(domain: string, text = 'hello'): ManifestBody {
  return create(ManifestBodySchema, {
    spec: {
      case: 'site',
      value: {
        domains: [domain],
        handler: { answer: { case: 'fixedResponse', value: { status: 200, body: text } } },
      },
    },
  });
}

export function certificateBody(domain: string): ManifestBody {
  const value = { domains: [domain], source: { case: 'selfSigned' as const, value: {} } };
  return create(ManifestBodySchema, { spec: { case: 'certificate', value } });
}

/** A manifest as a control plane compiles it: bodies by hash, the index by the hash of its exact bytes. */
export function buildManifest({
  serverUid,
  epoch = 1n,
  revision,
  resources = [],
  tombstones = [],
}: ManifestInit): BuiltManifest {
  const bodies = resources.map(({ name, body, bytes }) => {
    const exact = bytes ?? toBinary(ManifestBodySchema, body ?? siteBody(`${name}.example`));
    return { sha256: sha256Of(exact), bytes: exact };
  });
  const entries = resources.map(({ uid, name, kind = Kind.SITE, generation = 1n, edges = [] }, place) => {
    const { sha256, bytes } = bodies[place]!;
    return { uid, name, kind, generation, edges, bodySha256: sha256, bodySize: bytes.byteLength };
  });
  const message = create(ManifestIndexSchema, { epoch, revision, serverUid, entries, tombstones });
  const index = toBinary(ManifestIndexSchema, message);
  return { offer: { epoch, revision, sha256: sha256Of(index) }, index, bodies };
}
