import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';

const validator = createValidator();

/** Checks what an agent sends by the rules of the contract: an agent may be hostile. */
export function rulesOf<T extends DescMessage>(schema: T): (message: MessageShape<T>) => string | undefined {
  return (message) => {
    const result = validator.validate(schema, message);
    if (result.kind === 'valid') return undefined;
    if (result.kind === 'error') return 'a frame that cannot be checked';
    const [first] = result.violations;
    return `a frame against the rules: ${first?.toString() ?? 'unknown'}`;
  };
}
