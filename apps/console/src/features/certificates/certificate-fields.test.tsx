// @vitest-environment happy-dom
import { type Resource, CertificateSpecSchema } from '@ostler/contracts';
import { goodCertificates } from '@ostler/resource-model/good-resources.fixture';
import { cleanup } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { fullScene } from '../../../mock/scenes';
import { allFields, fieldsOfForm } from '../../testing/touched-fields.fixture';
import { CertificateFields } from './certificate-fields';

afterEach(cleanup);

test('every field of a certificate can be edited in the form', async () => {
  const world = fullScene({ stepMs: 5, joinAfterSteps: 0 });
  const touched: string[] = [];
  for (const certificate of goodCertificates()) {
    const form = (change: (next: Resource) => void) => (
      <CertificateFields draft={certificate} onChange={change} isNew={false} />
    );
    touched.push(...(await fieldsOfForm(world, certificate, CertificateSpecSchema, form)));
  }
  const missing = [...allFields(CertificateSpecSchema)].filter((field) => !touched.includes(field));
  expect(missing, 'Fields of the contract that the form lacks.').toEqual([]);
});
