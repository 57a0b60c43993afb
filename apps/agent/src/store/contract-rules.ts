import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { Validator } from '@bufbuild/protovalidate';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

let validator: Promise<Validator> | undefined;

/**
 * Checks the rules that are written in the contract, on the agent too: a control plane may be hostile.
 * The validator is loaded at the first use: an agent at rest does not carry its memory.
 */
export async function checkContractRules<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
): Promise<void> {
  validator ??= import('@bufbuild/protovalidate').then((library) => library.createValidator());
  const result = (await validator).validate(schema, message);
  if (result.kind === 'valid') return;
  if (result.kind === 'error')
    throw new AppError(ErrorReason.INTERNAL, result.error.message, { cause: result.error });
  throw new AppError(ErrorReason.INVALID, 'It breaks rules of the contract.', {
    violations: result.violations.map((violation) => ({
      field: violation.field.map((part) => ('name' in part ? part.name : '[]')).join('.'),
      reason: violation.ruleId.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_'),
      message: violation.message,
    })),
  });
}
