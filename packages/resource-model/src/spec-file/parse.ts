import { create } from '@bufbuild/protobuf';
import {
  Kind,
  type Resource,
  type ResourceMeta,
  ResourceMetaSchema,
  ResourceSchema,
} from '@ostler/contracts';
import { messageOf } from '@ostler/kernel';
import { type Document, isMap, isScalar, LineCounter, type Node, parseAllDocuments } from 'yaml';

import { checkResource } from '../check-resource';
import { kindModels, kindNamed, modelOf, modelOfCase } from '../kinds';
import { Decoder, Exploded, entries, scalarText } from './decode';
import { nearest } from './nearest';

export interface SpecFileViolation {
  /** Counted from 0 over the documents of the file. */
  readonly document: number;
  /** Counted from 1; 0 when nothing in the file stands for it. */
  readonly line: number;
  /** Path in the document, like `spec.domains[1]`. */
  readonly field: string;
  /** UPPER_SNAKE, for programs. */
  readonly reason: string;
  readonly message: string;
}

export interface ParsedSpecFile {
  /** One per document that could be read, in its one form; trust them only without violations. */
  readonly resources: readonly Resource[];
  readonly violations: readonly SpecFileViolation[];
}

/** Nobody reads more, and aliases can multiply one mistake. */
const MOST_VIOLATIONS = 100;
const MOST_CHARACTERS = 16 * 1024 * 1024;
const HEAD_FIELDS = ['displayName', 'tenant', 'labels', 'generation', 'name'];
const ALL_FIELDS = ['kind', ...HEAD_FIELDS, 'spec'];
const KIND_NAMES = kindModels.map(({ title }) => title).join(', ');

/** Reads a spec file: YAML documents of `kind`, `name` and `spec`. Never throws; nothing is executed or fetched. */
export function parseSpecFile(text: string): ParsedSpecFile {
  const reader = new Reader();
  if (text.length > MOST_CHARACTERS) {
    reader.complain(undefined, '', 'TOO_LARGE', 'the file has more than 16 MiB; split it');
    return reader;
  }
  try {
    const options = {
      lineCounter: reader.lines,
      intAsBigInt: true,
      uniqueKeys: true,
      prettyErrors: false,
      stringKeys: true,
    } as const;
    const documents = parseAllDocuments(text, options);
    if (Array.isArray(documents)) for (const document of documents) reader.read(document);
  } catch (error) {
    if (!(error instanceof Exploded))
      reader.complain(undefined, '', 'NOT_YAML', `cannot be read as YAML: ${messageOf(error)}`);
  }
  return reader;
}

class Reader implements ParsedSpecFile {
  readonly resources: Resource[] = [];
  readonly violations: SpecFileViolation[] = [];
  readonly lines = new LineCounter();
  private document = 0;

  read(document: Document.Parsed): void {
    if (document.contents === null && document.errors.length === 0) return;
    const before = this.violations.length;
    for (const error of [...document.errors, ...document.warnings]) {
      this.complainAt(error.pos[0], '', error.code, error.message);
    }
    if (this.violations.length === before) this.readContents(document);
    this.document++;
  }

  complain(node: Node | undefined, field: string, reason: string, message: string): void {
    this.complainAt(node?.range?.[0], field, reason, message);
  }

  private complainAt(offset: number | undefined, field: string, reason: string, message: string): void {
    const line = offset === undefined ? 0 : this.lines.linePos(offset).line;
    this.violations.push({ document: this.document, line, field, reason, message });
    if (this.violations.length >= MOST_VIOLATIONS) throw new Exploded();
  }

  private readContents(document: Document.Parsed): void {
    const decoder = new Decoder(document, (...complaint) => this.complain(...complaint));
    const root = decoder.resolve(document.contents, '');
    if (!isMap(root)) {
      return this.complain(root, '', 'NOT_A_MAPPING', 'must be a mapping with kind, name and spec');
    }
    const before = this.violations.length;
    const parts = new Map<string, { key: Node; value: unknown }>();
    for (const [name, key, value] of entries(root)) {
      if (ALL_FIELDS.includes(name)) parts.set(name, { key, value });
      else this.complain(key, name, 'UNKNOWN_FIELD', unknownPart(name));
    }
    const kind = this.readKind(decoder, root, parts.get('kind')?.value);
    const resource = kind && this.decode(decoder, root, kind, parts);
    if (!resource) return;
    if (this.violations.length === before) this.check(decoder, root, resource);
    else this.resources.push(resource);
  }

  private readKind(decoder: Decoder, root: Node, value: unknown): Kind | undefined {
    const node = decoder.resolve(value, 'kind');
    const kind = isScalar(node) ? kindNamed(scalarText(node)) : undefined;
    if (!kind) this.complain(node ?? root, 'kind', 'UNKNOWN_KIND', `must be one of ${KIND_NAMES}`);
    return kind;
  }

  private decode(
    decoder: Decoder,
    root: Node,
    kind: Kind,
    parts: ReadonlyMap<string, { key: Node; value: unknown }>,
  ): Resource | undefined {
    const model = modelOf(kind)!;
    const head = (root as Parameters<typeof entries>[0]).clone() as Parameters<typeof entries>[0];
    head.items = (root as typeof head).items.filter(
      ({ key }) => isScalar(key) && HEAD_FIELDS.includes(scalarText(key)),
    );
    const meta = decoder.message(ResourceMetaSchema, head, '');
    const node = decoder.resolve(parts.get('spec')?.value, 'spec');
    if (!node) this.complain(root, 'spec', 'REQUIRED', 'is required');
    const spec = node && decoder.message(model.schema, node, 'spec');
    if (!meta || !spec) return undefined;
    return create(ResourceSchema, {
      meta: { ...(meta as ResourceMeta), kind },
      spec: { case: model.specCase, value: spec } as Resource['spec'],
    });
  }

  private check(decoder: Decoder, root: Node, given: Resource): void {
    const { resource, violations } = checkResource(given);
    this.resources.push(resource);
    for (const { field, reason, message } of violations) {
      const path = filePath(field);
      this.complain(nodeAt(decoder.nodes, path) ?? root, path, reason, message);
    }
  }
}

function unknownPart(name: string): string {
  const meant = nearest(name, ALL_FIELDS);
  return meant
    ? `is not a field; did you mean ${meant}?`
    : `is not a field; there are ${ALL_FIELDS.join(', ')}`;
}

/** Path of a request as it is in the file: `site.domains[0]` is `spec.domains[0]`. */
function filePath(field: string): string {
  const [first = ''] = field.split(/[.[]/, 1);
  if (first === 'meta') return field.slice('meta.'.length);
  return modelOfCase(first) ? `spec${field.slice(first.length)}` : field;
}

/** The node of the path or of the nearest field around it. */
function nodeAt(nodes: ReadonlyMap<string, Node>, path: string): Node | undefined {
  for (let at = path; at !== ''; at = at.replace(/(\[[^\]]*\]|\.?[^.[\]]*)$/, '')) {
    const node = nodes.get(at);
    if (node) return node;
    if (at.endsWith(']') === false && !at.includes('.') && !at.includes('[')) break;
  }
  return undefined;
}
