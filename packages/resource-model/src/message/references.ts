import type { DescMessage, Message } from '@bufbuild/protobuf';
import { type Ref, RefSchema } from '@ostler/contracts';

import { messagesIn } from './walk';

/** Every Ref in a spec, so that no kind can forget one. */
export function referencesIn(desc: DescMessage, spec: Message): { path: string; ref: Ref }[] {
  return [...messagesIn(desc, spec)]
    .filter(({ message }) => message.desc.typeName === RefSchema.typeName)
    .map(({ message, path }) => ({ path, ref: message.message as Ref }));
}
