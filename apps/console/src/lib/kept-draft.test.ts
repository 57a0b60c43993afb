// @vitest-environment happy-dom
import { clone } from '@bufbuild/protobuf';
import { ResourceSchema } from '@ostler/contracts';
import { beforeEach, expect, test } from 'vitest';
import { certificate, goodCertificates, goodSites } from '@ostler/resource-model/good-resources.fixture';
import { KeptDrafts, typedSecrets } from './kept-draft';

const drafts = new KeptDrafts(sessionStorage);
beforeEach(() => sessionStorage.clear());

test.each([...goodSites(), ...goodCertificates()])(
  'draft %# comes back as it was typed, without its secrets',
  (draft) => {
    const base = clone(ResourceSchema, draft);
    base.meta!.displayName = 'Before';
    drafts.keep('a', base, draft);
    const kept = drafts.find('a');
    expect(kept?.lostSecrets).toBe(typedSecrets(draft).length);
    for (const { secret } of typedSecrets(draft)) secret.value = '';
    expect(kept?.draft).toEqual(draft);
    expect(kept?.base.meta?.displayName).toBe('Before');
  },
);

test('no secret is written down', () => {
  const typed = [...goodSites(), ...goodCertificates()].filter((draft) => typedSecrets(draft).length > 0);
  expect(typed).toHaveLength(2);
  typed.forEach((draft, index) => drafts.keep(String(index), draft, draft));
  const written = JSON.stringify(Object.entries(sessionStorage));
  expect(written).toContain('alice');
  expect(written).not.toMatch(/PRIVATE KEY|"secret"/);
});

test('a draft is stored as docs/adr/0190 says', () => {
  const draft = certificate({ domains: ['a.test'], source: { case: 'selfSigned', value: {} } });
  drafts.keep('a', certificate({ source: { case: 'selfSigned', value: {} } }), draft);
  const meta = { kind: 'KIND_CERTIFICATE', name: 'hello' };
  expect(JSON.parse(sessionStorage.getItem('a') ?? '')).toEqual({
    draft: { meta, certificate: { domains: ['a.test'], selfSigned: {} } },
    base: { meta, certificate: { selfSigned: {} } },
    lostSecrets: 0,
  });
});

test('what cannot be read is no draft', () => {
  sessionStorage.setItem('a', '{"draft": 7');
  expect(drafts.find('a')).toBeUndefined();
  expect(drafts.find('b')).toBeUndefined();
});
