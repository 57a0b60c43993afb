import { create, type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf';
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';

import { joinPath } from '../problems';
import { enumNames, enumNumber } from './enum-names';
import { nearest } from './nearest';

/** Takes what is wrong with a node of the file. */
export type Complain = (node: Node | undefined, path: string, reason: string, message: string) => void;

/** Nodes that one file may lead to, aliases unfolded: more is an alias that explodes. */
const MOST_NODES = 200_000;
const DEEPEST = 64;
const LARGEST: ReadonlyMap<ScalarType, bigint> = new Map([
  [ScalarType.UINT32, 0xffff_ffffn],
  [ScalarType.UINT64, 0xffff_ffff_ffff_ffffn],
]);

/** Ends the reading of a file whose complaint is already made. */
export class Exploded extends Error {}

/** Turns nodes of one YAML document into messages, by the descriptors of the contract. */
export class Decoder {
  /** Node of every path that was met, for the lines of later complaints. */
  readonly nodes = new Map<string, Node>();
  private readonly targets: ReadonlyMap<Alias, Node | undefined>;

  /** @throws Exploded when there is too much in the document, before anything is made of it. */
  constructor(
    document: Document,
    private readonly complain: Complain,
  ) {
    this.targets = aliasTargets(document);
    this.refuseExplosion(document.contents);
  }

  /** The node behind aliases; undefined for what is empty. */
  resolve(given: unknown, path: string): Node | undefined {
    const node = given as Node | null | undefined;
    const target = isAlias(node) ? this.targets.get(node) : node;
    if (!target || (isScalar(target) && target.value === null)) return undefined;
    this.nodes.set(path, node ?? target);
    return target;
  }

  /** Each anchor is counted once and multiplied, so that counting an explosion does not explode. */
  private refuseExplosion(contents: Node | null): void {
    const sizes = new Map<Node, number>();
    if (unfoldedSize(contents, this.targets, sizes) <= MOST_NODES) return;
    const [largest] = [...this.targets].toSorted(
      ([, a], [, b]) => (sizes.get(b!) ?? 0) - (sizes.get(a!) ?? 0),
    );
    this.complain(largest?.[0], '', 'TOO_LARGE', 'unfolds to too many values; use fewer aliases');
    throw new Exploded();
  }

  message(desc: DescMessage, node: Node, path: string, depth = 0): Message | undefined {
    if (!isMap(node))
      return this.refuse(node, path, 'NOT_A_MAPPING', 'must be a mapping of fields to values');
    if (depth > DEEPEST) return this.refuse(node, path, 'TOO_DEEP', 'is nested too deeply');
    const message = create(desc) as Message & Record<string, unknown>;
    const members = new Map<string, string>();
    for (const [name, key, value] of entries(node)) {
      const field = desc.fields.find((candidate) => candidate.jsonName === name || candidate.name === name);
      const at = joinPath(path, field?.jsonName ?? name);
      if (!field) {
        this.refuse(key, at, 'UNKNOWN_FIELD', unknownField(name, desc));
        continue;
      }
      const decoded = this.field(field, value, at, depth + 1);
      if (decoded === undefined) continue;
      const other = field.oneof && members.get(field.oneof.name);
      if (other) this.refuse(key, at, 'NOT_COMBINABLE', `cannot stand beside ${other}; keep one of them`);
      if (field.oneof) {
        members.set(field.oneof.name, field.jsonName);
        message[field.oneof.localName] = { case: field.localName, value: decoded };
      } else message[field.localName] = decoded;
    }
    return message;
  }

  private field(field: DescField, given: unknown, path: string, depth: number): unknown {
    const node = this.resolve(given, path);
    if (!node) return undefined;
    if (field.fieldKind === 'list') {
      if (!isSeq(node))
        return this.refuse(node, path, 'NOT_A_LIST', 'must be a list; begin each element with `- `');
      const items = node.items.map((item, index) => {
        const at = `${path}[${index}]`;
        const inner = this.resolve(item, at);
        return inner
          ? this.single(field, inner, at, depth)
          : this.refuse(item as Node, at, 'EMPTY', 'is empty');
      });
      return items.filter((item) => item !== undefined);
    }
    return field.fieldKind === 'map' ? this.map(field, node, path) : this.single(field, node, path, depth);
  }

  private map(field: DescField, node: Node, path: string): Record<string, unknown> | undefined {
    if (!isMap(node)) return this.refuse(node, path, 'NOT_A_MAPPING', 'must be a mapping of names to values');
    const map: [string, unknown][] = [];
    for (const [name, , value] of entries(node)) {
      const at = `${path}[${JSON.stringify(name)}]`;
      const inner = this.resolve(value, at);
      map.push([name, inner ? this.single(field, inner, at, 0) : '']);
    }
    return Object.fromEntries(map.filter(([, value]) => value !== undefined));
  }

  private single(field: DescField, node: Node, path: string, depth: number): unknown {
    if (field.message) return this.message(field.message, node, path, depth);
    if (!isScalar(node)) return this.refuse(node, path, 'NOT_A_VALUE', 'must be a single value');
    if (field.enum) {
      const number = enumNumber(field.enum, scalarText(node));
      return (
        number ??
        this.refuse(node, path, 'UNKNOWN_VALUE', unknownValue(scalarText(node), enumNames(field.enum)))
      );
    }
    if (field.scalar === ScalarType.BOOL) {
      return typeof node.value === 'boolean'
        ? node.value
        : this.refuse(node, path, 'NOT_A_BOOLEAN', 'must be true or false');
    }
    if (field.scalar === ScalarType.STRING) return scalarText(node);
    return this.integer(field.scalar, node, path);
  }

  private integer(type: ScalarType, node: Scalar, path: string): number | bigint | undefined {
    const largest = LARGEST.get(type);
    const { value } = node;
    if (largest === undefined || typeof value !== 'bigint' || value < 0n || value > largest) {
      return this.refuse(node, path, 'NOT_A_NUMBER', `must be a whole number from 0 to ${largest ?? 0n}`);
    }
    return type === ScalarType.UINT64 ? value : Number(value);
  }

  private refuse(node: Node | undefined, path: string, reason: string, message: string): undefined {
    this.complain(node, path, reason, message);
    return undefined;
  }
}

/** What each alias stands for: the last node before it that has the anchor. Found in one walk for all of them. */
function aliasTargets(document: Document): Map<Alias, Node | undefined> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) targets.set(node, anchors.get(node.source));
      else if (node.anchor) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

/** Values below a node and itself, aliases unfolded; one that leads to itself has no end. */
function unfoldedSize(
  node: unknown,
  targets: ReadonlyMap<Alias, Node | undefined>,
  sizes: Map<Node, number>,
): number {
  if (isAlias(node)) return unfoldedSize(targets.get(node), targets, sizes);
  if (!isMap(node) && !isSeq(node)) return 1;
  const known = sizes.get(node);
  if (known !== undefined) return known;
  sizes.set(node, Infinity);
  let size = 1;
  for (const item of node.items) size += unfoldedSize(isPair(item) ? item.value : item, targets, sizes);
  sizes.set(node, size);
  return size;
}

/** Text of a value as it was written: `version: 1.10` is the label 1.10. */
export function scalarText(node: Scalar): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

/** Name, key node and value node of each pair. */
export function* entries(map: YAMLMap): Generator<[string, Node, unknown]> {
  for (const { key, value } of map.items) {
    yield [isScalar(key) ? scalarText(key) : String(key), key as Node, value];
  }
}

function unknownField(name: string, desc: DescMessage): string {
  const names = desc.fields.map(({ jsonName }) => jsonName);
  const meant = nearest(name, names);
  return meant ? `is not a field; did you mean ${meant}?` : `is not a field; there are ${names.join(', ')}`;
}

function unknownValue(text: string, names: readonly string[]): string {
  const meant = nearest(text, names);
  return meant ? `is not a value; did you mean ${meant}?` : `is not a value; use one of ${names.join(', ')}`;
}
