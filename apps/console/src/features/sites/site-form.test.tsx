// @vitest-environment happy-dom
import { Kind, Role, type SiteSpec } from '@ostler/contracts';
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { fullScene } from '../../../mock/scenes';
import type { World } from '../../../mock/world';
import { renderPage } from '../../testing/render-page.fixture';

vi.setConfig({ testTimeout: 20_000 });
afterEach(cleanup);

const scene = (): World => fullScene({ stepMs: 5, joinAfterSteps: 0 });
const type = (element: HTMLElement, value: string): boolean =>
  fireEvent.change(element, { target: { value } });
const specOf = (world: World, name: string): SiteSpec | undefined => {
  const spec = world.resourceByName(Kind.SITE, name)?.spec;
  return spec?.case === 'site' ? spec.value : undefined;
};
const slow = { timeout: 5000 };

test('what is typed becomes the spec that is applied', async () => {
  const world = scene();
  renderPage(world, '/new/site');
  type(await screen.findByLabelText('Name', undefined, slow), 'new-shop');
  type(screen.getByLabelText('Server'), 'web-fra-1');
  type(screen.getByRole('textbox', { name: 'domain 1' }), 'new.example.test');
  type(screen.getByLabelText('Answers with'), 'redirect');
  type(screen.getByLabelText('Target'), 'https://shop.example.test');
  fireEvent.click(screen.getByRole('button', { name: /Limits and timeouts/ }));
  type(screen.getByLabelText(/Largest request body/), '16 MiB');
  fireEvent.click(await screen.findByRole('button', { name: 'Create on 1 server' }, slow));
  await waitFor(() => expect(specOf(world, 'new-shop')).toBeDefined(), slow);
  expect(specOf(world, 'new-shop')).toMatchObject({
    placement: { server: 'web-fra-1' },
    domains: ['new.example.test'],
    maxBodyBytes: 16_777_216n,
    handler: { answer: { case: 'redirect', value: { target: 'https://shop.example.test', keepPath: true } } },
  });
});

test('a new form complains of nothing before the first try, then at every field', async () => {
  renderPage(scene(), '/new/site');
  await screen.findByLabelText('Name', undefined, slow);
  expect(screen.queryAllByRole('alert')).toEqual([]);
  fireEvent.click(screen.getByRole('button', { name: 'Create' }));
  await waitFor(() => expect(screen.getByLabelText('Name').getAttribute('aria-invalid')).toBe('true'), slow);
  expect(screen.getAllByRole('alert').length).toBeGreaterThan(1);
});

test('what is typed and wrong is told at once, though the rest of a new form is empty', async () => {
  renderPage(scene(), '/new/site');
  const name = await screen.findByLabelText('Name', undefined, slow);
  const domain = screen.getByRole('textbox', { name: 'domain 1' });
  type(name, 'a; return 200');
  type(domain, 'a b');
  for (const field of [name, domain]) {
    await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('true'), slow);
    const [described] = (field.getAttribute('aria-describedby') ?? '').split(' ').slice(-1);
    expect(document.getElementById(described!)?.textContent).toMatch(/\w+ \w+/);
  }
  expect(screen.getAllByRole('alert')).toHaveLength(2);
});

test('what the control plane refuses is told at the field it names', async () => {
  renderPage(scene(), '/sites/docs/edit');
  type(await screen.findByRole('textbox', { name: 'domain 1' }, slow), 'shop.example.test');
  const alert = await screen.findByText(/belongs to the site "shop"/, undefined, slow);
  expect(alert.getAttribute('role')).toBe('alert');
});

test('an edit that changes nothing cannot be applied', async () => {
  renderPage(scene(), '/sites/shop/edit');
  const save = await screen.findByRole('button', { name: /^Apply/ }, slow);
  expect(save.getAttribute('aria-disabled')).toBe('true');
});

test('a change by somebody else meanwhile is said, and mine can go on top', async () => {
  const world = scene();
  renderPage(world, '/sites/docs/edit');
  type(await screen.findByLabelText(/Display name/, undefined, slow), 'Mine');
  const theirs = world.resourceByName(Kind.SITE, 'docs')!;
  world.putResource({ ...theirs, meta: { ...theirs.meta!, generation: 2n, displayName: 'Theirs' } });
  fireEvent.click(await screen.findByRole('button', { name: 'Put mine on top' }, slow));
  fireEvent.click(await screen.findByRole('button', { name: /^Apply on/ }, slow));
  await waitFor(() => expect(world.resourceByName(Kind.SITE, 'docs')?.meta?.displayName).toBe('Mine'), slow);
});

test('a viewer sees the form and is told why it cannot be applied', async () => {
  const world = scene();
  renderPage(world, '/sites/docs', Role.VIEWER);
  const edit = await screen.findByRole('button', { name: /Edit/ }, slow);
  expect(edit.getAttribute('aria-disabled')).toBe('true');
});

test('a session that ends in the middle asks for the password over the form, and nothing typed is lost', async () => {
  const world = scene();
  const { person } = renderPage(world, '/sites/docs/edit');
  world.passwords.set(person.uid, 'correct horse');
  type(await screen.findByLabelText(/Display name/, undefined, slow), 'Typed before');
  world.expired.add(person.uid);
  type(screen.getByLabelText(/Display name/), 'Typed in vain');
  const dialog = within(await screen.findByRole('dialog', { name: 'Your session has ended' }, slow));
  type(dialog.getByLabelText('Password'), 'wrong');
  fireEvent.click(dialog.getByRole('button', { name: 'Sign in' }));
  await dialog.findByText(/the password is wrong/i, undefined, slow);
  type(dialog.getByLabelText('Password'), 'correct horse');
  fireEvent.click(dialog.getByRole('button', { name: 'Sign in' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull(), slow);
  expect(screen.getByLabelText<HTMLInputElement>(/Display name/).value).toBe('Typed in vain');
  fireEvent.click(await screen.findByRole('button', { name: /^Apply on/ }, slow));
  await waitFor(
    () => expect(world.resourceByName(Kind.SITE, 'docs')?.meta?.displayName).toBe('Typed in vain'),
    slow,
  );
});
