import { create } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import { expect, test } from 'vitest';
import { Kind, PlacementSchema, ResourceMetaSchema } from './index';

const validator = createValidator();

test('the rules written in the proto are enforced', () => {
  const good = create(ResourceMetaSchema, { kind: Kind.SITE, name: 'hello', labels: { env: 'prod' } });
  expect(validator.validate(ResourceMetaSchema, good).kind).toBe('valid');

  const bad = create(ResourceMetaSchema, {
    name: '-hello;',
    displayName: 'a\u202eb',
    labels: { 'A B': '\n' },
  });
  const result = validator.validate(ResourceMetaSchema, bad);
  expect(
    result.violations?.map((violation) =>
      violation.field.map((part) => ('name' in part ? part.name : '')).join('.'),
    ),
  ).toEqual(expect.arrayContaining(['kind', 'name', 'display_name', expect.stringContaining('labels')]));
});

test('a placement names one server or a selector', () => {
  expect(validator.validate(PlacementSchema, create(PlacementSchema, { server: 'web-1' })).kind).toBe(
    'valid',
  );
  expect(validator.validate(PlacementSchema, create(PlacementSchema, {})).kind).toBe('invalid');
  expect(
    validator.validate(PlacementSchema, create(PlacementSchema, { server: 'web-1', selector: { a: 'b' } }))
      .kind,
  ).toBe('invalid');
});
