import { type DescField, type DescMessage, getOption, hasOption, type Message } from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { output_only, since } from '@ostler/contracts';

import { joinPath, type Problems } from '../problems';

/** A message inside another one, with its path in JSON names: `paths[2].handler.proxy`. */
export interface Visited {
  readonly message: ReflectMessage;
  readonly path: string;
}

/** The message itself and every message in it, outer ones first. */
export function* messagesIn(desc: DescMessage, message: Message, path = ''): Generator<Visited> {
  // Unchecked, so that texts which no encoder would take can be walked and refused.
  yield* visit(reflect(desc, message, false), path);
}

function* visit(message: ReflectMessage, path: string): Generator<Visited> {
  yield { message, path };
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const at = joinPath(path, field.jsonName);
    if (field.fieldKind === 'message') yield* visit(message.get(field), at);
    if (field.fieldKind === 'list' && field.listKind === 'message') {
      let index = 0;
      for (const item of message.get(field)) yield* visit(item as ReflectMessage, `${at}[${index++}]`);
    }
  }
}

/** One text of a message: a string field, an element of a list, a value of a map. */
export interface Text {
  readonly path: string;
  readonly field: DescField;
  readonly value: string;
  replace(value: string): void;
}

/** Every text that is set, map keys excepted. */
export function* textsIn(desc: DescMessage, message: Message, path = ''): Generator<Text> {
  for (const visited of messagesIn(desc, message, path)) yield* ownTexts(visited);
}

function* ownTexts({ message, path }: Visited): Generator<Text> {
  for (const field of message.fields) {
    const at = joinPath(path, field.jsonName);
    if (!message.isSet(field)) continue;
    if (field.fieldKind === 'scalar') {
      const value: unknown = message.get(field);
      if (typeof value === 'string')
        yield { path: at, field, value, replace: (text) => message.set(field, text) };
    }
    if (field.fieldKind === 'list' && field.listKind === 'scalar') {
      const list = message.get(field);
      for (const [index, value] of [...list].entries()) {
        if (typeof value !== 'string') break;
        yield { path: `${at}[${index}]`, field, value, replace: (text) => list.set(index, text) };
      }
    }
    if (field.fieldKind === 'map' && field.mapKind === 'scalar') {
      const map = message.get(field);
      for (const [key, value] of map) {
        if (typeof value !== 'string') break;
        yield { path: `${at}["${String(key)}"]`, field, value, replace: (text) => void map.set(key, text) };
      }
    }
  }
}

/** Refuses halves of surrogate pairs, which UTF-8 cannot carry. */
export function refuseBrokenTexts(desc: DescMessage, message: Message, problems: Problems): void {
  for (const { path, value } of textsIn(desc, message)) {
    if (!value.isWellFormed())
      problems.add(path, 'NOT_TEXT', 'has half of a surrogate pair, which is no character');
  }
}

/** Highest feature level of the fields that the message uses, with the first field that needs it. */
export function featureLevel(desc: DescMessage, message: Message): { level: number; path: string } {
  let highest = { level: 1, path: '' };
  for (const visited of messagesIn(desc, message)) {
    for (const field of visited.message.fields) {
      const level = hasOption(field, since) ? getOption(field, since) : 1;
      if (level > highest.level && visited.message.isSet(field)) {
        highest = { level, path: joinPath(visited.path, field.jsonName) };
      }
    }
  }
  return highest;
}

/** Refuses fields of a later contract: stored unseen, they would mean something one day. */
export function refuseUnknownFields(desc: DescMessage, message: Message, problems: Problems): void {
  for (const { message: inner, path } of messagesIn(desc, message)) {
    const unknown = inner.message.$unknown?.[0];
    if (unknown) {
      problems.add(
        path,
        'UNKNOWN_FIELD',
        `has field number ${unknown.no}, which this control plane does not know; update it first`,
      );
    }
  }
}

/** Refuses what only the control plane sets. */
export function refuseOutputOnly(desc: DescMessage, message: Message, problems: Problems): void {
  for (const { message: inner, path } of messagesIn(desc, message)) {
    for (const field of inner.fields) {
      if (hasOption(field, output_only) && getOption(field, output_only) && inner.isSet(field)) {
        problems.add(
          joinPath(path, field.jsonName),
          'OUTPUT_ONLY',
          'is set by the control plane; leave it out',
        );
      }
    }
  }
}
