// @vitest-environment happy-dom
import { type Resource, SiteSpecSchema } from '@ostler/contracts';
import { goodSites } from '@ostler/resource-model/good-resources.fixture';
import { cleanup } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { fullScene } from '../../../../mock/scenes';
import { allFields, fieldsOfForm } from '../../../testing/touched-fields.fixture';
import { SiteFields } from './site-fields';

afterEach(cleanup);

test('every field of a site can be edited in the form', async () => {
  const world = fullScene({ stepMs: 5, joinAfterSteps: 0 });
  const touched: string[] = [];
  for (const site of goodSites()) {
    const form = (change: (next: Resource) => void) => (
      <SiteFields draft={site} onChange={change} isNew={false} />
    );
    touched.push(...(await fieldsOfForm(world, site, SiteSpecSchema, form)));
  }
  const missing = [...allFields(SiteSpecSchema)].filter((field) => !touched.includes(field));
  expect(missing, 'Fields of the contract that the form lacks; add them in features/sites/form.').toEqual([]);
});
