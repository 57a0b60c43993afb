import { type DescMessage, getOption, hasOption, type Message, type MessageShape } from '@bufbuild/protobuf';
import { type Path, reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { createValidator, type Violation as RuleViolation } from '@bufbuild/protovalidate';
import { ErrorReason, output_only } from '@ostler/contracts';
import { AppError, type Violation } from '@ostler/kernel';

import { nulTexts } from './nul-texts';
import type { RequestCheck } from './rpc-registry';

const validator = createValidator();

/**
 * @param others finds what the handler would refuse; asked only when the request is refused anyway.
 * @throws AppError INVALID that names every field against the rules of the contract, and with it what `others` finds.
 */
export function checkRequest(
  schema: DescMessage,
  message: Message,
  isMutation: boolean,
  others: RequestCheck = () => [],
): void {
  const ofContract = isMutation ? ownRules(reflect(schema, message as MessageShape<DescMessage>), '') : [];
  ofContract.push(...nulTexts(schema, message));
  const result = validator.validate(schema, message);
  if (result.kind === 'error') throw result.error;
  if (result.kind === 'invalid') ofContract.push(...result.violations.map(toViolation));
  if (ofContract.length === 0) return;
  const violations = distinct([...ofContract, ...others(message)]);
  const [first] = violations;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  const text = first?.field ? `${first.field}: ${first.message}` : (first?.message ?? '');
  throw new AppError(ErrorReason.INVALID, text + more, { violations });
}

/** Both may have found the same; the words of the first are kept. */
function distinct(violations: readonly Violation[]): Violation[] {
  const seen = new Map<string, Violation>();
  for (const violation of violations) {
    const key = `${violation.field} ${violation.reason}`;
    if (!seen.has(key)) seen.set(key, violation);
  }
  return [...seen.values()];
}

function toViolation({ field, ruleId, message }: RuleViolation): Violation {
  return { field: pathText(field), reason: ruleId.toUpperCase().replaceAll('.', '_'), message };
}

/** Like resources[0].site.domains[1], in the names of JSON. */
function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (part.kind === 'list_sub') text += `[${part.index}]`;
    else if (part.kind === 'map_sub') text += `[${JSON.stringify(String(part.key))}]`;
    else if (part.kind === 'oneof') text += dotted(text, part.localName);
    else text += dotted(text, part.kind === 'field' ? part.jsonName : part.name);
  }
  return text;
}

const dotted = (before: string, name: string): string => (before === '' ? name : `.${name}`);

/** Rules that protovalidate does not have: nothing that only we may set, nothing that we do not know. */
function ownRules(message: ReflectMessage, prefix: string): Violation[] {
  const found: Violation[] = [];
  if ((message.getUnknown() ?? []).length > 0) {
    const text = 'has fields that this control plane does not know; it is older than your client';
    found.push({ field: prefix, reason: 'UNKNOWN_FIELD', message: text });
  }
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const path = prefix + dotted(prefix, field.jsonName);
    if (hasOption(field, output_only) && getOption(field, output_only)) {
      found.push({
        field: path,
        reason: 'OUTPUT_ONLY',
        message: 'is set by the control plane; leave it out',
      });
      continue;
    }
    if (field.fieldKind === 'message') found.push(...ownRules(message.get(field), path));
    if (field.fieldKind === 'list' && field.listKind === 'message') {
      [...message.get(field)].forEach((item, index) =>
        found.push(...ownRules(item as ReflectMessage, `${path}[${index}]`)),
      );
    }
    if (field.fieldKind === 'map' && field.mapKind === 'message') {
      for (const [key, item] of message.get(field)) {
        found.push(...ownRules(item as ReflectMessage, `${path}[${JSON.stringify(String(key))}]`));
      }
    }
  }
  return found;
}
