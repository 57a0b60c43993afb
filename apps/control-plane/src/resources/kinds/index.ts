import type { Kind } from '@ostler/contracts';

import type { KindEngine } from '../kind-engine.port';
import { requireModel } from '../store/stored-spec';
import { certificateKind } from './certificate/certificate.kind';
import { siteKind } from './site/site.kind';

/** One folder per kind; this list is the only place that names them all. */
const engines = [siteKind, certificateKind] as unknown as readonly KindEngine[];
const byKind = new Map(engines.map((engine) => [engine.model.kind, engine]));

/** @throws AppError INVALID for a kind that this control plane does not know. */
export function kindEngine(kind: Kind): KindEngine {
  requireModel(kind);
  return byKind.get(kind)!;
}
