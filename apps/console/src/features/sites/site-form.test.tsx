// @vitest-environment happy-dom
import { clone } from '@bufbuild/protobuf';
import { Kind, type ResourceMeta, ResourceSchema, Role, type SiteSpec } from '@ostler/contracts';
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { fullScene } from '../../../mock/scenes';
import type { World } from '../../../mock/world';
import { renderPage } from '../../testing/render-page.fixture';

vi.setConfig({ testTimeout: 20_000 });
afterEach(() => {
  cleanup();
  sessionStorage.clear();
});

const scene = (): World => fullScene({ stepMs: 5, joinAfterSteps: 0 });
const type = (element: HTMLElement, value: string): boolean =>
  fireEvent.change(element, { target: { value } });
const specOf = (world: World, name: string): SiteSpec | undefined => {
  const spec = world.resourceByName(Kind.SITE, name)?.spec;
  return spec?.case === 'site' ? spec.value : undefined;
};
const slow = { timeout: 15_000 };

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

/** Somebody else applies another spec while the form is open. */
function changeMeanwhile(world: World, name: string, change: (spec: SiteSpec, meta: ResourceMeta) => void) {
  const theirs = clone(ResourceSchema, world.resourceByName(Kind.SITE, name)!);
  theirs.meta!.generation += 1n;
  change(theirs.spec.value as SiteSpec, theirs.meta!);
  world.putResource(theirs);
}

test('a change by somebody else meanwhile is shown beside mine, and both are put together', async () => {
  const world = scene();
  renderPage(world, '/sites/docs/edit');
  type(await screen.findByLabelText(/Display name/, undefined, slow), 'Mine');
  changeMeanwhile(world, 'docs', (spec) => spec.domains.push('theirs.example.test'));
  const conflict = within(await screen.findByRole('region', { name: 'Changed meanwhile' }, slow));
  const [theirs, mine] = ['Their change', 'Your change'].map((name) => conflict.getByRole('group', { name }));
  expect(theirs?.textContent).toContain('theirs.example.test');
  expect(theirs?.textContent).not.toContain('Mine');
  expect(mine?.textContent).toContain('Mine');
  fireEvent.click(conflict.getByRole('button', { name: 'Put both together' }));
  fireEvent.click(await screen.findByRole('button', { name: /^Apply to/ }, slow));
  await waitFor(() => expect(world.resourceByName(Kind.SITE, 'docs')?.meta?.displayName).toBe('Mine'), slow);
  expect(specOf(world, 'docs')?.domains).toEqual(['docs.example.test', 'theirs.example.test']);
});

test('where both changed the same field, one of the two is chosen', async () => {
  const world = scene();
  renderPage(world, '/sites/docs/edit');
  type(await screen.findByRole('textbox', { name: 'domain 1' }, slow), 'mine.example.test');
  changeMeanwhile(world, 'docs', (spec, meta) => {
    spec.domains = ['theirs.example.test'];
    meta.displayName = 'Theirs';
  });
  const choice = within(await screen.findByRole('radiogroup', { name: 'domains' }, slow));
  expect(choice.getByLabelText<HTMLInputElement>('Yours').checked).toBe(true);
  fireEvent.click(choice.getByLabelText('Theirs'));
  fireEvent.click(screen.getByRole('button', { name: 'Put both together' }));
  await waitFor(() =>
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'domain 1' }).value).toBe(
      'theirs.example.test',
    ),
  );
  expect(screen.queryByRole('region', { name: 'Changed meanwhile' })).toBeNull();
});

test('mine can go on top of theirs, and theirs can be taken instead', async () => {
  const world = scene();
  renderPage(world, '/sites/docs/edit');
  type(await screen.findByLabelText(/Display name/, undefined, slow), 'Mine');
  changeMeanwhile(world, 'docs', (spec) => spec.domains.push('theirs.example.test'));
  fireEvent.click(await screen.findByRole('button', { name: 'Put mine on top' }, slow));
  expect(screen.queryByRole('textbox', { name: 'domain 2' })).toBeNull();
  changeMeanwhile(world, 'docs', (spec) => spec.domains.push('later.example.test'));
  fireEvent.click(await screen.findByRole('button', { name: 'Take theirs' }, slow));
  await screen.findByRole('textbox', { name: 'domain 3' }, slow);
  expect(screen.getByLabelText<HTMLInputElement>(/Display name/).value).toBe('Documentation');
});

test('a site that is deleted meanwhile leaves the form open, and can be made anew', async () => {
  const world = scene();
  renderPage(world, '/sites/docs/edit');
  type(await screen.findByLabelText(/Display name/, undefined, slow), 'Mine');
  world.removeResource(world.resourceByName(Kind.SITE, 'docs')!.meta!.uid);
  fireEvent.click(await screen.findByRole('button', { name: 'Make a new one' }, slow));
  fireEvent.click(await screen.findByRole('button', { name: /^Create on/ }, slow));
  await waitFor(() => expect(world.resourceByName(Kind.SITE, 'docs')?.meta?.displayName).toBe('Mine'), slow);
});

test('what was typed is there again after a reload, without secrets, and only for the one who typed it', async () => {
  const world = scene();
  const opened = renderPage(world, '/new/site');
  type(await screen.findByLabelText('Name', undefined, slow), 'half-done');
  fireEvent.click(screen.getByRole('button', { name: /^Access/ }));
  fireEvent.click(screen.getByLabelText(/Ask for a name/));
  type(screen.getByLabelText('User name'), 'anna');
  type(screen.getByLabelText('Password'), 'correct horse battery');
  expect(JSON.stringify(Object.entries(sessionStorage))).not.toContain('battery');
  opened.unmount();
  const again = renderPage(world, '/new/site');
  await screen.findByText(/1 secret must be typed again/, undefined, slow);
  expect(screen.getByLabelText<HTMLInputElement>('Name').value).toBe('half-done');
  again.unmount();
  renderPage(world, '/new/site', Role.OPERATOR);
  expect((await screen.findByLabelText<HTMLInputElement>('Name', undefined, slow)).value).toBe('');
  cleanup();
  renderPage(world, '/new/site');
  fireEvent.click(await screen.findByRole('button', { name: 'Start over' }, slow));
  expect(screen.getByLabelText<HTMLInputElement>('Name').value).toBe('');
  expect(sessionStorage).toHaveLength(0);
});

test('a viewer sees how it is set, can change nothing, and is told why', async () => {
  const world = scene();
  const { unmount } = renderPage(world, '/sites/docs', Role.VIEWER);
  const edit = await screen.findByRole('button', { name: /Edit/ }, slow);
  expect(edit.getAttribute('aria-disabled')).toBe('true');
  unmount();
  renderPage(world, '/sites/docs/edit', Role.VIEWER);
  const name = await screen.findByLabelText<HTMLInputElement>(/Display name/, undefined, slow);
  expect(name.value).toBe('Documentation');
  expect(name.closest('fieldset')?.disabled).toBe(true);
  expect(screen.getAllByText(/needs the right RESOURCES_WRITE/).length).toBeGreaterThan(0);
  expect(screen.getByRole('button', { name: 'Apply' }).getAttribute('aria-disabled')).toBe('true');
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
  fireEvent.click(await screen.findByRole('button', { name: /^Apply to/ }, slow));
  await waitFor(
    () => expect(world.resourceByName(Kind.SITE, 'docs')?.meta?.displayName).toBe('Typed in vain'),
    slow,
  );
});
