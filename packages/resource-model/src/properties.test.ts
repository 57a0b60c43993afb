import {
  clone,
  create,
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
} from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { type Resource, ResourceSchema } from '@ostler/contracts';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';

import {
  canonicalBytes,
  checkResource,
  kindModels,
  type KindModel,
  parseSpecFile,
  textsIn,
  toSpecFile,
} from './index';
import { goodCertificates, goodSites } from './good-resources.fixture';

// Every text of the contract's kinds is driven, found by walking the descriptors: a field that is added
// tomorrow is driven tomorrow. Messages are filled with one element in each list, each member of each
// oneof in turn.

// Thousands of specs: seconds, and many more where twenty programs share two cores.
vi.setConfig({ testTimeout: 90_000 });

const models = kindModels as unknown as readonly KindModel[];

/** Texts that have broken configurations, paths, argument lists and units elsewhere. */
const hostile = fc.oneof(
  fc.constantFrom(
    '', ' ', '\0', 'a\nb', 'a\r\nb', 'x; return 200', '}', '{', '"', "'", 'a\\', '\\', '$host', '${x}', '#', '`id`', '$(id)',
    '-rf', '--help', '..', '../..', '/..', '/../etc/passwd', '//', '/./a', '/a/../b', '/etc/shadow', '/run/docker.sock',
    'unix:/run/docker.sock', '/var/run/docker.sock', '169.254.169.254', '::ffff:169.254.169.254', '0xa9fea9fe', '2852039166',
    '0', '0.0.0.0', '127.0.0.1', 'fe80::1', '10.0.0.1/8', '300.1.1.1', '1.2.3.4/33', 'all', 'example.com:80', 'http://a b',
    '//evil.example', '/\\evil', 'javascript:alert(1)', 'http://u:p@h/', 'xn--', 'xn--a', 'xn--80ak6aa92e.com', 'аррӏе.com',
    'pаypal.com', 'ex\u202eample', 'a\u200db', '*', '*.com', '*.*.example.com', 'a.*.b', '.', 'a..b', `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(130)}com`, 'ＥＸＡＭＰＬＥ．ｃｏｍ', 'bücher.example', 'EXAMPLE.com.', '%2e%2e', '/%zz', '\ud800', '\ufeff', '\u2028',
    '/.well-known/acme-challenge/x', 'connection', 'Host', 'sha256:zz', 'constructor', '__proto__', 'toString',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 80 }),
); // prettier-ignore

/** A filled message for each member of each oneof. */
function* filled(desc: DescMessage, depth = 0): Generator<Message> {
  const choices = Math.max(1, ...desc.oneofs.map(({ fields }) => fields.length));
  for (let choice = 0; choice < choices; choice++) {
    const message = reflect(desc, create(desc));
    const inner = desc.fields.filter((field) => !field.oneof || field.oneof.fields[choice] === field);
    const variants = inner.map((field) => [...fillings(field, depth)]);
    const most = Math.max(...variants.map(({ length }) => length));
    for (let variant = 0; variant < most; variant++) {
      const copy = reflect(desc, clone(desc, message.message as never));
      for (const [index, field] of inner.entries())
        put(copy, field, variants[index]![variant % variants[index]!.length]);
      yield copy.message;
    }
  }
}

function* fillings(field: DescField, depth: number): Generator<unknown> {
  if (field.message) yield* depth > 8 ? [] : filled(field.message, depth + 1);
  else if (field.enum) yield 1;
  else if (field.scalar === 9) yield 'text';
  else if (field.scalar === 8) yield false;
  else if (field.scalar === 4) yield 1n;
  else yield field.scalar === 12 ? new Uint8Array([1]) : 1;
}

function put(message: ReflectMessage, field: DescField, value: unknown): void {
  if (value === undefined) return;
  const wrapped = field.message ? reflect(field.message, value as Message) : value;
  if (field.fieldKind === 'list') message.get(field).add(wrapped);
  else if (field.fieldKind === 'map') message.get(field).set('key', wrapped);
  else message.set(field as never, wrapped);
}

function withSpec(model: KindModel, spec: Message): Resource {
  return create(ResourceSchema, {
    meta: { kind: model.kind, name: 'driven' },
    spec: { case: model.specCase, value: spec } as Resource['spec'],
  });
}

/** Places of all texts: which filled message, and which of its texts. */
const places = models.flatMap((model) =>
  [...filled(model.schema)].flatMap((spec) => {
    const resource = withSpec(model, spec);
    return [...textsIn(ResourceSchema, resource)].map(({ path, field }, index) => ({
      resource,
      index,
      path,
      field,
    }));
  }),
);

const goodPlaces = [...goodSites(), ...goodCertificates()].flatMap((resource) =>
  [...textsIn(ResourceSchema, resource)].map(({ path, field }, index) => ({ resource, index, path, field })),
);

function drive(place: { readonly resource: Resource; readonly index: number }, value: string): Resource {
  const copy = clone(ResourceSchema, place.resource);
  [...textsIn(ResourceSchema, copy)][place.index]!.replace(value);
  return copy;
}

/** Texts that are handed on whole and never become configuration, a path or an argument. */
const FREE = /\.body$|\.value$|Pem$|displayName$/;
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;
/** Texts that name a place: a file, a host, a resource. */
const PLACE =
  /(root|socket|path|fallback|host|release|server|\bname|username|target|source)$|domains\[|index\[/;
/** Names that others refer to: the refusal may name the reference. */
const NAMES = /upstreams\[0\]\.name$|proxy\.upstream$|meta\.name$|meta\.kind/;

describe('every text of the contract', () => {
  test('the walk finds every string field of the specs', () => {
    const fields = new Set(places.map(({ field }) => field.toString()));
    for (const model of models) {
      for (const field of stringFields(model.schema)) expect(fields).toContain(field.toString());
    }
  });

  test('in a filled message is refused or normalised, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), hostile, (place, value) => {
        const { violations } = checkResource(drive(place, value), 'resources[0]');
        for (const { field, reason, message } of violations) {
          expect(field.startsWith('resources[0]')).toBe(true);
          expect(reason).toMatch(/^[A-Z0-9_]+$/);
          expect(message).not.toBe('');
        }
      }),
      { numRuns: 400 },
    );
  });

  test('in a good resource is accepted in an idempotent form, or refused by a violation that names it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...goodPlaces), hostile, (place, value) => {
        const { resource, violations } = checkResource(drive(place, value));
        if (violations.length > 0) {
          const named = violations.some(
            ({ field }) => field.startsWith(place.path) || place.path.startsWith(field),
          );
          expect(
            named || NAMES.test(place.path),
            `${place.path} = ${JSON.stringify(value)}: ${JSON.stringify(violations)}`,
          ).toBe(true);
          return;
        }
        const again = checkResource(resource);
        expect(again.violations).toEqual([]);
        expect(again.resource).toEqual(resource);
        for (const text of textsIn(ResourceSchema, resource)) {
          if (!FREE.test(text.path)) expect(text.value, text.path).not.toMatch(CONTROL);
          if (PLACE.test(text.path)) expect(text.value, text.path).not.toMatch(/(^|\/)\.\.(\/|$)|^-/);
        }
      }),
      { numRuns: 1500 },
    );
  });
});

function* stringFields(desc: DescMessage, seen = new Set<string>()): Generator<DescField> {
  if (seen.has(desc.typeName)) return;
  seen.add(desc.typeName);
  for (const field of desc.fields) {
    if (field.scalar === 9) yield field;
    if (field.message) yield* stringFields(field.message, seen);
  }
}

test('good resources are good, canonical in bytes, and survive a spec file', () => {
  for (const good of [...goodSites(), ...goodCertificates()]) {
    const { resource, violations } = checkResource(good);
    expect(violations).toEqual([]);
    const model = models.find(({ specCase }) => specCase === resource.spec.case)!;
    const bytes = canonicalBytes(model.schema, resource.spec.value as never);
    expect(canonicalBytes(model.schema, fromBinary(model.schema, bytes) as never)).toEqual(bytes);
    const parsed = parseSpecFile(toSpecFile(resource));
    expect(parsed.violations).toEqual([]);
    expect(toSpecFile(parsed.resources[0]!)).toBe(toSpecFile(resource));
  }
});

test('no text whatever makes the spec file reader throw', () => {
  const pieces = fc.array(
    fc.constantFrom(
      'kind: Site\n',
      'name: a\n',
      'spec:\n',
      '  domains: [a]\n',
      '&a ',
      '*a',
      '[',
      '{',
      '---\n',
      '- ',
      ': ',
      '"',
      "'",
      '|\n',
      '!!js/function ',
      '\t',
      '<<: *a\n',
      '%YAML 1.1\n',
      '\0',
      '  handler:\n    proxy: {}\n',
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        pieces.map((list) => list.join('')),
        fc.string({ unit: 'binary', maxLength: 200 }),
      ),
      (text) => {
        const { violations } = parseSpecFile(text);
        for (const violation of violations) expect(violation.line).toBeGreaterThanOrEqual(0);
      },
    ),
    { numRuns: 500 },
  );
});
