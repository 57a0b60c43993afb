import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { KindModel, Problems } from '@ostler/resource-model';

/** What admission lends to a kind; nothing else of the database is reachable from one. */
export interface AdmitContext<Spec> {
  readonly spec: Spec;
  /** The stored spec; undefined for a new resource. */
  readonly previous: Spec | undefined;
  /** Paths are relative to the spec. */
  readonly problems: Problems;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Cleartext of a secret of the spec: the value that was sent, else the stored one. */
  readonly secret: (path: string) => Promise<Uint8Array | undefined>;
  /** Undefined when the tenant has no such release. */
  readonly release: (digest: string) => Promise<{ readonly complete: boolean } | undefined>;
}

/** What the engine does not know of a kind. Kinds never import one another. */
export interface KindEngine<Desc extends DescMessage = DescMessage> {
  readonly model: KindModel<Desc>;
  /** Rules that need more than the spec. May change the spec (a certificate is serialised anew). */
  admit?(context: AdmitContext<MessageShape<Desc>>): Promise<void>;
  /** Pure: what the agent is told. Leaves out what is at its default, so that old agents take it. */
  compile(spec: MessageShape<Desc>): MessageShape<Desc>;
  /** Releases that the spec serves. */
  releases(spec: MessageShape<Desc>): readonly string[];
}
