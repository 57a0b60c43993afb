// @vitest-environment happy-dom
import { Kind } from '@ostler/contracts';
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { fullScene } from '../../../mock/scenes';
import { renderPage } from '../../testing/render-page.fixture';

vi.setConfig({ testTimeout: 20_000 });
afterEach(() => {
  cleanup();
  sessionStorage.clear();
});

const slow = { timeout: 15_000 };
const pem = (title: string, body: string): string =>
  `-----BEGIN ${title}-----\n${body}\n-----END ${title}-----\n`;
const leaf = pem('CERTIFICATE', 'TEVBRg==');
const issuer = pem('CERTIFICATE', 'SVNTVUVS');
const key = pem('EC PRIVATE KEY', 'S0VZ');
const certificateField = () =>
  screen.findByLabelText<HTMLTextAreaElement>(/^Certificate, PEM/, undefined, slow);
const keyField = () => screen.getByLabelText<HTMLTextAreaElement>('Private key, PEM');

test('a stored key is never shown, and stays when nothing is typed', async () => {
  const world = fullScene({ stepMs: 5, joinAfterSteps: 0 });
  renderPage(world, '/certificates/wildcard/edit');
  fireEvent.change(await certificateField(), { target: { value: leaf } });
  expect(keyField().value).toBe('');
  fireEvent.click(await screen.findByRole('button', { name: /^Apply to/ }, slow));
  const stored = () => world.resourceByName(Kind.CERTIFICATE, 'wildcard')!;
  await waitFor(() => expect(stored().meta?.generation).toBe(2n), slow);
  expect(stored().spec.value).toMatchObject({ source: { value: { privateKeyPem: { version: 2 } } } });
});

test('a key that is pasted with its certificate goes into the field of the key, and is not kept in the tab', async () => {
  renderPage(fullScene({ stepMs: 5, joinAfterSteps: 0 }), '/certificates/wildcard/edit');
  fireEvent.change(await certificateField(), { target: { value: leaf + key + issuer } });
  expect((await certificateField()).value).toBe(leaf + issuer);
  expect(keyField().value).toBe(key);
  const kept = JSON.stringify(Object.entries(sessionStorage));
  expect(kept).toContain('TEVBRg==');
  expect(kept).not.toContain('S0VZ');
});

test('files fill in both fields', async () => {
  renderPage(fullScene({ stepMs: 5, joinAfterSteps: 0 }), '/certificates/wildcard/edit');
  await certificateField();
  const files = [new File([leaf], 'site.crt'), new File([key], 'site.key'), new File([issuer], 'chain.pem')];
  fireEvent.change(screen.getByLabelText('Files of the certificate'), { target: { files } });
  await waitFor(() => expect(keyField().value).toBe(key), slow);
  expect((await certificateField()).value).toBe(leaf + issuer);
});
