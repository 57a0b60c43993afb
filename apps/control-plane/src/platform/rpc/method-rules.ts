import { type DescMethod, getOption, hasOption } from '@bufbuild/protobuf';
import { mutation, Permission, permission } from '@ostler/contracts';

export interface MethodRules {
  readonly permission: Permission;
  readonly isMutation: boolean;
  /** The mutation takes a request_id, so a repeat gets the first answer. */
  readonly isIdempotent: boolean;
  readonly isUnary: boolean;
}

const known = new WeakMap<DescMethod, MethodRules>();

/** What the contract says about a method. @throws when it names no permission. */
export function rulesOf(method: DescMethod): MethodRules {
  const rules = known.get(method) ?? readRules(method);
  known.set(method, rules);
  return rules;
}

function readRules(method: DescMethod): MethodRules {
  const needed = hasOption(method, permission) ? getOption(method, permission) : Permission.UNSPECIFIED;
  if (needed === Permission.UNSPECIFIED) {
    throw new Error(`${method.parent.typeName}/${method.name} names no permission`);
  }
  const isMutation = hasOption(method, mutation) && getOption(method, mutation);
  const takesRequestId = method.input.fields.some((field) => field.name === 'request_id');
  return {
    permission: needed,
    isMutation,
    isIdempotent: isMutation && takesRequestId,
    isUnary: method.methodKind === 'unary',
  };
}
