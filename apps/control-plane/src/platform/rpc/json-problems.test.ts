import { ApplyRequestSchema, CreateApiTokenRequestSchema } from '@ostler/contracts';
import { expect, it } from 'vitest';

import { problemsInJson } from './json-problems';

const inApply = (body: unknown) =>
  problemsInJson(ApplyRequestSchema, JSON.stringify(body)).map(
    ({ field, reason, message }) => `${field} ${reason}: ${message}`,
  );
const site = (spec: object) => ({ resources: [{ meta: { name: 'a' }, site: spec }] });

it.each([
  [{ dryRun: 'yes' }, 'dryRun WRONG_TYPE: must be true or false'],
  [{ dryRum: true }, 'dryRum UNKNOWN_FIELD: is not a field; did you mean dryRun?'],
  [{ resources: {} }, 'resources NOT_A_LIST: must be a list'],
  [{ resources: [1] }, 'resources[0] NOT_AN_OBJECT: must be an object of fields and values'],
  [
    site({ domains: ['a', 7] }),
    'resources[0].site.domains[1] WRONG_TYPE: must be a text of whole characters, in quotes',
  ],
  [
    { resources: [{ meta: { labels: { a: 1 } } }] },
    'resources[0].meta.labels["a"] WRONG_TYPE: must be a text of whole characters, in quotes',
  ],
  [
    site({ upstreams: [{ servers: [{ port: -1 }] }] }),
    'resources[0].site.upstreams[0].servers[0].port WRONG_TYPE: must be a whole number from 0 to 4294967295',
  ],
  [
    { resources: [{ site: {}, certificate: {} }] },
    'resources[0].certificate NOT_COMBINABLE: cannot stand beside site; keep one of them',
  ],
])('names the field that does not fit: %j', (body, expected) => {
  expect(inApply(body)).toEqual([expected]);
});

it('names the values that an enum has', () => {
  expect(inApply({ resources: [{ meta: { kind: 'KIND_SITES' } }] })[0]).toMatch(
    /^resources\[0\]\.meta\.kind WRONG_TYPE: must be one of KIND_UNSPECIFIED, KIND_SITE/,
  );
});

it.each(['', '{', '{"a":"hunter2" x', '\0', '[', '"hunter2'])('says of %j that it is not JSON', (text) => {
  const [problem] = problemsInJson(ApplyRequestSchema, text);
  expect(problem).toMatchObject({ field: '', reason: 'NOT_JSON' });
  expect(problem!.message).not.toContain('hunter2');
});

it('repeats no value, because it may be a secret', () => {
  const problems = problemsInJson(CreateApiTokenRequestSchema, '{"name": {"secret": "hunter2"}}');
  expect(JSON.stringify(problems)).not.toContain('hunter2');
  expect(problems).toHaveLength(1);
});
