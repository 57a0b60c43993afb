import { clone, fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { type Resource, ResourceSchema } from '@ostler/contracts';
import { modelOfCase, secretsIn } from '@ostler/resource-model';

/** What somebody was typing, as it comes back after a reload of the page. */
export interface KeptDraft {
  readonly draft: Resource;
  /** What they began with. */
  readonly base: Resource;
  /** Secrets that were typed and are not kept. */
  readonly lostSecrets: number;
}

interface Stored {
  readonly draft: JsonValue;
  readonly base: JsonValue;
  readonly lostSecrets: number;
}

/** Drafts of this tab, each under the person and the resource. They end with the tab; secrets never enter. */
export class KeptDrafts {
  constructor(private readonly storage: Storage) {}

  keep(key: string, base: Resource, draft: Resource): void {
    const lostSecrets = typedSecrets(draft).length;
    try {
      const stored: Stored = {
        draft: toJson(ResourceSchema, withoutSecretValues(draft)),
        base: toJson(ResourceSchema, withoutSecretValues(base)),
        lostSecrets,
      };
      this.storage.setItem(key, JSON.stringify(stored));
    } catch {
      // Half a character, a number beyond its range, or no room left: the draft of before stays.
    }
  }

  find(key: string): KeptDraft | undefined {
    try {
      const text = this.storage.getItem(key);
      if (text === null) return undefined;
      const stored = JSON.parse(text) as Stored;
      return {
        draft: fromJson(ResourceSchema, stored.draft, { ignoreUnknownFields: true }),
        base: fromJson(ResourceSchema, stored.base, { ignoreUnknownFields: true }),
        lostSecrets: stored.lostSecrets,
      };
    } catch {
      return undefined;
    }
  }

  forget(key: string): void {
    this.storage.removeItem(key);
  }
}

/** The secrets that have a value, as it was typed. */
export function typedSecrets(resource: Resource) {
  return secretsOf(resource).filter(({ secret }) => secret.value !== '');
}

/** A copy in which every secret is made anew: those of a resource that is gone are gone with it. */
export function withNewSecrets(resource: Resource): Resource {
  const copy = clone(ResourceSchema, resource);
  for (const { secret } of secretsOf(copy)) Object.assign(secret, { uid: '', version: 0 });
  return copy;
}

function withoutSecretValues(resource: Resource): Resource {
  const copy = clone(ResourceSchema, resource);
  for (const { secret } of secretsOf(copy)) secret.value = '';
  return copy;
}

function secretsOf({ spec }: Resource) {
  const model = modelOfCase(spec.case ?? '');
  return model && spec.value ? secretsIn(model.schema, spec.value) : [];
}
