import { clone } from '@bufbuild/protobuf';
import { pathToString } from '@bufbuild/protobuf/reflect';
import { createValidator } from '@bufbuild/protovalidate';
import {
  type ApplyRequest,
  ApplyRequestSchema,
  ErrorReason,
  type Resource,
  ResourceSchema,
} from '@ostler/contracts';
import { newUid, type Violation } from '@ostler/kernel';
import { refusal } from './refuse';
import type { World } from './world';

const validator = createValidator();

/** Enforces the rules of the contract. */
export function refuseInvalid(request: ApplyRequest): void {
  const result = validator.validate(ApplyRequestSchema, request);
  if (result.kind === 'valid') return;
  const violations: Violation[] =
    result.kind === 'invalid'
      ? result.violations.map((one) => ({
          field: pathToString(one.field),
          reason: one.ruleId.toUpperCase().replaceAll('.', '_'),
          message: one.message,
        }))
      : [];
  throw refusal(ErrorReason.INVALID, 'The specification has fields that are not valid.', violations);
}

export function refuseDomainsOfOthers(world: World, resources: readonly Resource[]): void {
  const taken = new Map<string, string>();
  for (const { meta, spec } of world.resources.values()) {
    if (spec.case === 'site') for (const domain of spec.value.domains) taken.set(domain, meta?.name ?? '');
  }
  resources.forEach(({ meta, spec }, index) => {
    if (spec.case !== 'site') return;
    spec.value.domains.forEach((domain, at) => {
      const owner = taken.get(domain);
      if (owner === undefined || owner === meta?.name) return;
      const message = `${domain} belongs to the site "${owner}". Remove it there first, or choose another.`;
      const field = `resources[${index}].site.domains[${at}]`;
      throw refusal(ErrorReason.DOMAIN_TAKEN, message, [{ field, reason: 'DOMAIN_TAKEN', message }]);
    });
  });
}

export function refuseMissingReferences(world: World, resources: readonly Resource[]): void {
  resources.forEach(({ spec }, index) => {
    const ref = spec.case === 'site' ? spec.value.tls?.certificate : undefined;
    if (!ref || world.resourceByName(ref.kind, ref.name)) return;
    const message = `There is no certificate "${ref.name}". Create it first, or choose another.`;
    const field = `resources[${index}].site.tls.certificate.name`;
    throw refusal(ErrorReason.REFERENCE_MISSING, message, [{ field, reason: 'MISSING', message }]);
  });
}

/** What is stored of what was sent: identity of the present one, secrets sealed. */
export function admit(sent: Resource, present: Resource | undefined): Resource {
  const next = clone(ResourceSchema, sent);
  if (!next.meta) return next;
  const asked = sent.meta?.generation ?? 0n;
  if (asked !== 0n && asked !== (present?.meta?.generation ?? 0n)) {
    throw refusal(
      ErrorReason.CONFLICT,
      `"${next.meta.name}" is at generation ${present?.meta?.generation ?? 0n}, and this change was made on ${asked}. Load it again and repeat the change.`,
    );
  }
  next.meta.uid = present?.meta?.uid ?? '';
  next.meta.generation = present?.meta?.generation ?? 0n;
  next.meta.createdAt = present?.meta?.createdAt;
  sealSecrets(next);
  return next;
}

function sealSecrets({ spec }: Resource): void {
  const secrets =
    spec.case === 'site'
      ? (spec.value.basicAuth?.users ?? []).map(({ password }) => password)
      : spec.value?.source.case === 'upload'
        ? [spec.value.source.value.privateKeyPem]
        : [];
  for (const secret of secrets) {
    if (!secret || secret.value === '') continue;
    secret.value = '';
    secret.uid ||= newUid();
    secret.version += 1;
  }
}
