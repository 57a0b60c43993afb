import { clone } from '@bufbuild/protobuf';
import { type Resource, ResourceSchema, type SiteSpec } from '@ostler/contracts';
import { checkResource } from '@ostler/resource-model';
import { expect, test } from 'vitest';
import { goodSites } from '@ostler/resource-model/good-resources.fixture';
import { mergeEdits } from './merge-edits';

const [base] = goodSites() as [Resource];

function changed(change: (spec: SiteSpec, resource: Resource) => void): Resource {
  const copy = clone(ResourceSchema, base);
  change(copy.spec.value as SiteSpec, copy);
  return copy;
}

test('what only one of two changed is taken from that one', () => {
  const mine = changed((spec) => {
    spec.maxBodyBytes = 7n;
    delete spec.gzip;
    spec.tls!.hsts!.maxAgeSeconds = 120;
  });
  const theirs = changed((spec, { meta }) => {
    spec.domains.push('new.example.com');
    spec.tls!.forceHttps = false;
    spec.maintenance = undefined;
    meta!.labels['team'] = 'web';
    meta!.generation = 9n;
  });
  const { resource, conflicts } = mergeEdits(base, mine, theirs);
  expect(conflicts).toEqual([]);
  expect(resource).toEqual(
    changed((spec, { meta }) => {
      spec.maxBodyBytes = 7n;
      delete spec.gzip;
      spec.tls!.hsts!.maxAgeSeconds = 120;
      spec.domains.push('new.example.com');
      spec.tls!.forceHttps = false;
      delete spec.maintenance;
      meta!.labels['team'] = 'web';
      meta!.generation = 9n;
    }),
  );
  expect(checkResource(resource).violations).toEqual([]);
});

test('what both changed to the same is no conflict, to something else is one for each field', () => {
  const mine = changed((spec, { meta }) => {
    spec.redirectToPrimary = false;
    spec.domains = ['mine.example.com'];
    meta!.labels['env'] = 'mine';
  });
  const theirs = changed((spec, { meta }) => {
    spec.redirectToPrimary = false;
    spec.domains = ['theirs.example.com'];
    meta!.labels['env'] = 'theirs';
  });
  const { resource, conflicts } = mergeEdits(base, mine, theirs, (path) =>
    path === 'site.domains' ? 'theirs' : 'mine',
  );
  expect(conflicts).toEqual(['meta.labels.env', 'site.domains']);
  expect(resource.meta?.labels).toEqual({ env: 'mine' });
  expect(resource.spec.value).toMatchObject({ domains: ['theirs.example.com'], redirectToPrimary: false });
});

test('two other kinds of answer are one conflict, and never become two answers', () => {
  const mine = changed((spec) => {
    spec.handler = goodSites()[3]!.spec.value!['handler' as never];
  });
  const theirs = changed((spec) => {
    spec.handler = goodSites()[4]!.spec.value!['handler' as never];
  });
  const { resource, conflicts } = mergeEdits(base, mine, theirs, () => 'theirs');
  expect(conflicts).toEqual(['site.handler.answer']);
  expect(resource.spec.value).toMatchObject({ handler: { answer: { case: 'fixedResponse' } } });
});

test('two edits of one answer are put together', () => {
  const edit = (change: object) =>
    changed((spec) => {
      Object.assign(spec.handler!.answer.value!, change);
    });
  const { resource, conflicts } = mergeEdits(
    base,
    edit({ root: '/srv/mine' }),
    edit({ fallback: '/theirs' }),
  );
  expect(conflicts).toEqual([]);
  expect(resource.spec.value).toMatchObject({
    handler: { answer: { value: { root: '/srv/mine', fallback: '/theirs' } } },
  });
});
