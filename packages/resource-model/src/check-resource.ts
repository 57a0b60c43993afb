import { clone, create, isMessage } from '@bufbuild/protobuf';
import type { Path } from '@bufbuild/protobuf/reflect';
import { createValidator, type Validator } from '@bufbuild/protovalidate';
import { type Resource, ResourceSchema, SecretSchema } from '@ostler/contracts';
import { isUuid, type Violation } from '@ostler/kernel';

import { modelOf, modelOfCase, type SpecValue } from './kinds';
import { refuseBrokenTexts, refuseOutputOnly, refuseUnknownFields } from './message/walk';
import { secretsIn } from './message/secrets';
import { joinPath, Problems } from './problems';

export interface CheckedResource {
  /** In its one form. */
  readonly resource: Resource;
  readonly violations: readonly Violation[];
}

let validator: Validator | undefined;

/**
 * Everything that can be said of one resource without looking at others: the rules of the contract, those
 * of the kind, fields that are unknown or not the caller's. Never throws. `path` begins the violations.
 */
export function checkResource(given: Resource, path = ''): CheckedResource {
  const problems = new Problems(path);
  refuseBrokenTexts(ResourceSchema, given, problems);
  // What UTF-8 cannot carry cannot be copied or encoded either.
  if (problems.violations.length > 0) return { resource: given, violations: problems.violations };
  const resource = normaliseResource(given);
  refuseUnknownFields(ResourceSchema, resource, problems);
  refuseOutputOnly(ResourceSchema, resource, problems);
  checkContract(resource, problems);
  checkDisplayName(resource, problems);
  checkKind(resource, problems);
  return { resource, violations: distinct(problems.violations) };
}

/** The one form of a resource, without judging it. */
export function normaliseResource(given: Resource): Resource {
  const resource = clone(ResourceSchema, given);
  if (resource.meta) resource.meta.displayName = resource.meta.displayName.normalize('NFC').trim();
  const model = modelOfCase(resource.spec.case ?? '');
  if (model && resource.spec.value) resource.spec.value = model.normalise(resource.spec.value) as never;
  return resource;
}

/** A resource as a caller may apply it: without what only the control plane sets. */
export function withoutOutput(given: Resource): Resource {
  const resource = create(ResourceSchema, { meta: given.meta && { ...given.meta }, spec: given.spec });
  if (!resource.meta) return resource;
  const { kind, name, displayName, tenant, labels, generation } = resource.meta;
  return clone(
    ResourceSchema,
    create(ResourceSchema, {
      meta: { kind, name, displayName, tenant, labels, generation },
      spec: resource.spec,
    }),
  );
}

function checkContract(resource: Resource, problems: Problems): void {
  validator ??= createValidator();
  const result = validator.validate(ResourceSchema, resource);
  if (result.kind === 'error') problems.add('', 'UNCHECKABLE', `cannot be checked: ${result.error.message}`);
  for (const violation of result.violations ?? []) {
    problems.add(pathText(violation.field), upperSnake(violation.ruleId), contractMessage(violation));
  }
}

/** Two names that look the same, or a name that looks like none. Joiners stay: scripts and emoji need them. */
const INVISIBLE = /[\u00ad\u200b\u2028-\u2029\u2060-\u2064\ufeff]/;

function checkDisplayName({ meta }: Resource, problems: Problems): void {
  if (!INVISIBLE.test(meta?.displayName ?? '')) return;
  problems.add('meta.displayName', 'BAD_CHARACTER', 'may not contain invisible characters; type it anew');
}

function checkKind(resource: Resource, problems: Problems): void {
  const { kind } = resource.meta ?? {};
  const model = modelOfCase(resource.spec.case ?? '');
  if (!model || !resource.spec.value) return;
  if (kind !== undefined && modelOf(kind) && kind !== model.kind) {
    problems.add('meta.kind', 'WRONG_KIND', `says another kind than the spec, which is a ${model.title}`);
  }
  const inner = problems.at(model.specCase);
  model.validate(resource.spec.value, inner);
  checkSecrets(resource.spec.value, model.schema, inner);
}

function checkSecrets(spec: SpecValue, schema: Parameters<typeof secretsIn>[0], problems: Problems): void {
  for (const { path, secret } of secretsIn(schema, spec)) {
    if (!isMessage(secret, SecretSchema)) continue;
    if (secret.clear && secret.value !== '')
      problems.add(`${path}.clear`, 'NOT_COMBINABLE', 'cannot be set beside a value');
    if (secret.uid !== '' && !isUuid(secret.uid)) {
      problems.add(
        `${path}.uid`,
        'BAD_UID',
        'is not the identity of a secret; leave it out to keep what is stored',
      );
    }
  }
}

/** Path of protovalidate in the JSON names that people see. */
function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (part.kind === 'list_sub') text += `[${part.index}]`;
    else if (part.kind === 'map_sub') text += `[${JSON.stringify(part.key)}]`;
    else if (part.kind === 'field') text = joinPath(text, part.jsonName);
  }
  return text;
}

const upperSnake = (ruleId: string): string => ruleId.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase();

function contractMessage({ message, ruleId }: { message: string; ruleId: string }): string {
  return ruleId === 'required' ? 'is required' : message || 'is not allowed';
}

/** One violation per field and reason is enough; the first one found tells best. */
function distinct(violations: readonly Violation[]): Violation[] {
  const seen = new Map(violations.map((violation) => [`${violation.field} ${violation.reason}`, violation]));
  return [...seen.values()];
}
