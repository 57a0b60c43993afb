import { create } from '@bufbuild/protobuf';
import { Kind, type Resource, ResourceSchema } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { resourcesOfKind } from './by-kind';

const resource = (uid: string, name: string, kind = Kind.SITE): Resource =>
  create(ResourceSchema, { meta: { uid, name, kind } });
const mapOf = (...resources: Resource[]) => new Map(resources.map((one) => [one.meta!.uid, one]));
const names = (resources: ReadonlyMap<string, Resource>): (string | undefined)[] =>
  resourcesOfKind(resources, Kind.SITE).map(({ meta }) => meta?.name);

test('the resources of a kind come by name, whatever came before', () => {
  const before = mapOf(resource('1', 'b'), resource('2', 'a'), resource('3', 'c', Kind.CERTIFICATE));
  expect(names(before)).toEqual(['a', 'b']);
  const changed = resource('1', 'b');
  const after = mapOf(changed, resource('2', 'a'));
  expect(resourcesOfKind(after, Kind.SITE)[1]).toBe(changed);
  // As many as before, and not the same ones.
  expect(names(mapOf(resource('4', 'z'), resource('2', 'a')))).toEqual(['a', 'z']);
  expect(names(mapOf(resource('4', 'z'), resource('2', 'a'), resource('5', 'm')))).toEqual(['a', 'm', 'z']);
  expect(names(mapOf())).toEqual([]);
});

test('who asks again for the same state gets the same list', () => {
  const resources = mapOf(resource('1', 'b'));
  expect(resourcesOfKind(resources, Kind.SITE)).toBe(resourcesOfKind(resources, Kind.SITE));
});
