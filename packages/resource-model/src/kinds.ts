import { Kind, type Resource } from '@ostler/contracts';

import { certificateModel } from './certificate';
import type { KindModel } from './kind-model';
import { siteModel } from './site';

/** One folder per kind; this list is the only place that names them all. */
export const kindModels = [siteModel, certificateModel] as const;

export type SpecCase = (typeof kindModels)[number]['specCase'];
export type SpecValue = Extract<Resource['spec'], { value: object }>['value'];

const models = kindModels as unknown as readonly KindModel[];
const byKind = new Map(models.map((model) => [model.kind, model]));
const byCase = new Map(models.map((model) => [model.specCase, model]));

/** The model of a kind; undefined for UNSPECIFIED and kinds of a later contract. */
export function modelOf(kind: Kind): KindModel | undefined {
  return byKind.get(kind);
}

export function modelOfCase(specCase: string): KindModel | undefined {
  return byCase.get(specCase);
}

/** `Site`, `site` and `KIND_SITE` name a kind. */
export function kindNamed(text: string): Kind | undefined {
  const wanted = text.toLowerCase().replace(/^kind_/, '');
  return models.find(({ title }) => title.toLowerCase() === wanted)?.kind;
}

/** As people write it: `Site`. */
export function kindTitle(kind: Kind): string {
  return byKind.get(kind)?.title ?? `kind ${kind}`;
}

/** `Site hello`: how messages name a resource. */
export function resourceTitle(kind: Kind, name: string): string {
  return `${kindTitle(kind)} ${name}`;
}
