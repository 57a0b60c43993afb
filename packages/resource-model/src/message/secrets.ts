import type { DescMessage, Message } from '@bufbuild/protobuf';
import type { ReflectMessage } from '@bufbuild/protobuf/reflect';
import { reflect } from '@bufbuild/protobuf/reflect';
import { type Secret, SecretSchema } from '@ostler/contracts';

import { joinPath } from '../problems';
import { identityOf } from './list-identity';

/** A secret in a spec. The identity stays the same when lists are reordered; the path is for people. */
export interface PlacedSecret {
  readonly identity: string;
  readonly path: string;
  readonly secret: Secret;
}

/** Every secret of a message. Keys of list elements are unique in a valid spec. */
export function secretsIn(desc: DescMessage, message: Message): PlacedSecret[] {
  const found: PlacedSecret[] = [];
  gather(reflect(desc, message), '', '', found);
  return found;
}

function gather(message: ReflectMessage, identity: string, path: string, found: PlacedSecret[]): void {
  if (message.desc.typeName === SecretSchema.typeName) {
    found.push({ identity, path, secret: message.message as Secret });
    return;
  }
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const [id, at] = [joinPath(identity, field.jsonName), joinPath(path, field.jsonName)];
    if (field.fieldKind === 'message') gather(message.get(field), id, at, found);
    if (field.fieldKind === 'list' && field.listKind === 'message') {
      for (const [index, item] of [...message.get(field)].entries()) {
        const inner = item as ReflectMessage;
        const key = identityOf(inner.desc, inner.message) ?? String(index);
        gather(inner, `${id}[${key}]`, `${at}[${index}]`, found);
      }
    }
  }
}
