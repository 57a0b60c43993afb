import { type DescMethod, getOption, hasOption } from '@bufbuild/protobuf';
import { mutation, Permission, permission } from '@ostler/contracts';

export interface MethodRules {
  readonly permission: Permission;
  readonly isMutation: boolean;
  /** The mutation takes a request_id, so a repeat gets the first answer. */
  readonly isIdempotent: boolean;
  readonly isUnary: boolean;
}

/** Services of gRPC itself, whose contract is not ours to write a permission into. */
const ofGrpc: Readonly<Record<string, Permission>> = {
  // For load balancers, which have no credentials; it says no more than GET /readyz.
  'grpc.health.v1.Health/Check': Permission.PUBLIC,
  // Streams are held open, so they are for callers who are known.
  'grpc.health.v1.Health/Watch': Permission.SIGNED_IN,
  'grpc.reflection.v1.ServerReflection/ServerReflectionInfo': Permission.SIGNED_IN,
  'grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': Permission.SIGNED_IN,
};

const known = new WeakMap<DescMethod, MethodRules>();

/** What the contract says about a method. @throws when it names no permission. */
export function rulesOf(method: DescMethod): MethodRules {
  const rules = known.get(method) ?? readRules(method);
  known.set(method, rules);
  return rules;
}

function readRules(method: DescMethod): MethodRules {
  const name = `${method.parent.typeName}/${method.name}`;
  const needed = hasOption(method, permission) ? getOption(method, permission) : ofGrpc[name];
  if (!needed) throw new Error(`${name} names no permission`);
  const isMutation = hasOption(method, mutation) && getOption(method, mutation);
  const takesRequestId = method.input.fields.some((field) => field.name === 'request_id');
  return {
    permission: needed,
    isMutation,
    isIdempotent: isMutation && takesRequestId,
    isUnary: method.methodKind === 'unary',
  };
}
