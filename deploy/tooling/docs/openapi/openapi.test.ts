import { readFileSync } from 'node:fs';

import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, it, test } from 'vitest';

import { rulesOf } from './rules.ts';
import type { Schema } from './schema.ts';
import { openApiFile, openApiText } from './write-openapi.ts';

interface Operation {
  readonly security?: object[];
  readonly description: string;
  readonly requestBody: { readonly content: Record<string, { schema: Schema; example: unknown }> };
}

interface Document {
  readonly paths: Record<string, { post: Operation }>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

let text: string;
let api: Document;

beforeAll(async () => {
  text = await openApiText();
  api = JSON.parse(text) as Document;
});

test('docs/reference/openapi.json says what the contract says; write it with pnpm docs:reference', () => {
  expect(readFileSync(openApiFile, 'utf8')).toBe(text);
});

test('it is OpenAPI 3.1, and every reference in it leads somewhere', async () => {
  const validator = new Validator();
  const result = await validator.validate(JSON.parse(text) as Record<string, unknown>);
  expect(result.errors ?? []).toEqual([]);
  expect(validator.version).toBe('3.1');
  const names = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!);
  expect(names.filter((name) => !(name in api.components.schemas))).toEqual([]);
  expect(names.length).toBeGreaterThan(100);
});

test('a method says who may call it', () => {
  const { description } = api.paths['/ostler.api.v1.ResourceService/Apply']!.post;
  expect(description).toContain('permission `resources write`');
  const open = Object.entries(api.paths).filter(([, { post }]) => post.security?.length === 0);
  expect(open.map(([path]) => path)).toContain('/ostler.api.v1.IdentityService/SignIn');
  expect(open.map(([path]) => path)).not.toContain('/ostler.api.v1.IdentityService/ListPeople');
});

describe('the schema of a request', () => {
  const requestId = '3f2b1c9e-8d4a-4f6b-9c1d-2e7a5b8c0d1f';
  const site = {
    placement: { server: 'web-1' },
    domains: ['shop.example'],
    handler: { fixedResponse: { status: 200 } },
  };
  const apply = (spec: object, meta: object = {}) => ({
    requestId,
    resources: [{ meta: { kind: 'KIND_SITE', name: 'shop', ...meta }, site: spec }],
  });
  let accepts: (schema: string, value: unknown) => boolean;

  beforeAll(() => {
    const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true });
    addFormats.default(ajv);
    ajv.addFormat('uint64', true);
    ajv.addSchema(JSON.parse(text) as object, 'api');
    accepts = (schema, value) => {
      const pointer = `api#/components/schemas/${schema}`;
      return ajv.validate({ $ref: pointer }, value);
    };
  });

  it.each<[string, boolean, object]>([
    ['a site', true, apply(site)],
    ['a dry run', true, { ...apply(site), dryRun: true }],
    ['64 bits as text and as a number', true, apply(site, { generation: '7' })],
    ['a name that is none', false, apply(site, { name: 'Not A Name' })],
    ['a label that is none', false, apply(site, { labels: { 'BAD KEY': 'x' } })],
    ['no name', false, apply(site, { name: undefined })],
    ['no domains', false, apply({ ...site, domains: [] })],
    ['no request id', false, { ...apply(site), requestId: undefined }],
    ['a request id that is no UUID', false, { ...apply(site), requestId: '7' }],
    ['a misspelt field', false, { ...apply(site), dryrun: true }],
    ['no resources', false, { requestId, resources: [] }],
    ['a kind that is none', false, apply(site, { kind: 'KIND_CAT' })],
    ['two specs', false, { requestId, resources: [{ ...apply(site).resources[0], certificate: {} }] }],
    [
      'two ways to answer',
      false,
      apply({ ...site, handler: { fixedResponse: { status: 200 }, redirect: { to: 'https://a.example' } } }),
    ],
  ])('of Apply judges %s as the control plane does', (_what, isGood, request) => {
    expect(accepts('ostler.api.v1.ApplyRequest', JSON.parse(JSON.stringify(request)))).toBe(isGood);
  });

  it('takes the example that stands beside it, for every method', () => {
    for (const [path, { post }] of Object.entries(api.paths)) {
      const [{ schema, example }] = Object.values(post.requestBody.content) as [
        { schema: Schema; example: unknown },
      ];
      expect([path, accepts(schema.$ref!.split('/').at(-1)!, example)]).toEqual([path, true]);
    }
  });

  it('refuses a number beyond its limit', () => {
    expect(accepts('ostler.api.v1.ListAuditEntriesRequest', { pageSize: 1_000 })).toBe(true);
    expect(accepts('ostler.api.v1.ListAuditEntriesRequest', { pageSize: 1_001 })).toBe(false);
  });
});

describe('a rule', () => {
  it('that is not known stops the writing, so that none is lost', () => {
    expect(() => rulesOf({ string: { tuuid: true } }, 'a.b')).toThrow('a.b string.tuuid');
    expect(() => rulesOf({ duration: { lt: '1s' } }, 'a.b')).toThrow('a.b duration');
  });

  it('that is ignored for an empty value does not ask for one', () => {
    expect(rulesOf({ string: { uuid: true }, ignore: 'IGNORE_IF_ZERO_VALUE' }, '').needsValue).toBe(false);
    expect(rulesOf({ string: { uuid: true } }, '').needsValue).toBe(true);
  });
});
