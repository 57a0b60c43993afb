import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorsUnder, fieldErrorsOf, formPath } from './field-errors';

test('a path of the request is the path of the form, named like the proto or like its JSON', () => {
  expect(formPath('resources[0].site.domains[1]')).toBe('domains[1]');
  expect(formPath('resources[0].site.upstreams[2].health_check.interval_seconds')).toBe(
    'upstreams[2].healthCheck.intervalSeconds',
  );
  expect(formPath('resources[0].certificate.acme.directoryUrl')).toBe('acme.directoryUrl');
  expect(formPath('resources[0].meta.name')).toBe('meta.name');
  expect(formPath('current_password')).toBe('currentPassword');
});

test('messages are sentences, and a pattern is told in words', () => {
  const name = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';
  const errors = fieldErrorsOf([
    {
      field: 'resources[0].meta.name',
      reason: 'STRING_PATTERN',
      message: `does not match regex pattern \`${name}\``,
    },
    { field: 'resources[0].site.domains', reason: 'REQUIRED', message: 'is required' },
  ]);
  expect(errors.get('meta.name')).toMatch(/^Use lower-case letters/);
  expect(errors.get('domains')).toBe('Is required.');
});

const kindsOfProto = ['meta/v1/meta', 'site/v1/site', 'certificate/v1/certificate'];

test.each(kindsOfProto)('no pattern of %s reaches a person as an expression', (file) => {
  const proto = readFileSync(`${import.meta.dirname}/../../../../proto/ostler/${file}.proto`, 'utf8');
  const patterns = [...proto.matchAll(/pattern: ("(?:[^"\\]|\\.)*")/g)].map(([, text]) =>
    String(JSON.parse(text!)),
  );
  for (const pattern of patterns) {
    const message = `does not match regex pattern \`${pattern}\``;
    expect(fieldErrorsOf([{ field: 'a', reason: 'STRING_PATTERN', message }]).get('a')).not.toContain(
      'regex',
    );
  }
  expect(proto.includes('pattern:')).toBe(patterns.length > 0);
});

test('two errors of one field are both told', () => {
  const errors = fieldErrorsOf([
    { field: 'a', reason: 'X', message: 'One.' },
    { field: 'a', reason: 'Y', message: 'Two.' },
  ]);
  expect(errors.get('a')).toBe('One. Two.');
});

test('a section counts its own errors and no neighbour with the same beginning', () => {
  const errors = fieldErrorsOf(
    ['paths[0].path', 'pathsOther', 'paths'].map((field) => ({ field, reason: 'X', message: 'x' })),
  );
  expect(errorsUnder(errors, ['paths'])).toBe(2);
});

test('of an empty field only that it is empty is told', () => {
  const empty = { field: 'meta.name', reason: 'STRING_MIN_LEN', message: 'must be at least 1 characters' };
  const pattern = { field: 'meta.name', reason: 'STRING_PATTERN', message: 'does not match' };
  expect(fieldErrorsOf([empty, pattern]).get('meta.name')).toBe('Fill this in.');
  const said = { field: 'meta.name', reason: 'EMPTY', message: 'is empty; write a host name' };
  expect(fieldErrorsOf([empty, said]).get('meta.name')).toBe('Is empty; write a host name.');
});
