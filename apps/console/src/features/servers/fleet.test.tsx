// @vitest-environment happy-dom
import { Role, Server_State } from '@ostler/contracts';
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { failingScene, fullScene } from '../../../mock/scenes';
import type { World } from '../../../mock/world';
import { renderPage } from '../../testing/render-page.fixture';

vi.setConfig({ testTimeout: 20_000 });
afterEach(cleanup);

const options = { stepMs: 5, joinAfterSteps: 2 };
const full = (): World => fullScene(options);
const failing = (): World => failingScene({ stepMs: 5, joinAfterSteps: 0 });
const slow = { timeout: 15_000 };
const type = (element: HTMLElement, value: string): boolean =>
  fireEvent.change(element, { target: { value } });
const button = (name: string | RegExp) => screen.findByRole('button', { name }, slow);
const refusalOf = (element: HTMLElement): string | null => element.getAttribute('aria-disabled');

/** Once it can be pressed. */
async function press(name: string): Promise<void> {
  await waitFor(() => expect(refusalOf(screen.getByRole('button', { name }))).toBeNull(), slow);
  fireEvent.click(screen.getByRole('button', { name }));
}

test('a server that joins by the command appears in the dialog that made it', async () => {
  const world = full();
  renderPage(world, '/servers#join');
  type(await screen.findByLabelText(/Labels for the server/, undefined, slow), 'env=lab');
  await press('Make the command');
  expect((await screen.findByText(/install\.sh/, undefined, slow)).textContent).toContain('--token');
  fireEvent.click(await button('cloud-init'));
  expect(await screen.findByText(/#cloud-config/, undefined, slow)).toBeDefined();
  const dialog = await screen.findByRole('dialog');
  await within(dialog).findByRole('link', { name: 'new-9' }, slow);
  expect(within(dialog).getAllByRole('link')).toHaveLength(1);
  expect(world.serverByName('new-9')?.labels).toEqual({ env: 'lab' });
});

test('who waits is let in from the dialog of its token, and becomes a server there', async () => {
  const world = full();
  renderPage(world, '/servers#join');
  fireEvent.click(await screen.findByLabelText(/waits until somebody lets it in/, undefined, slow));
  await press('Make the command');
  const dialog = await screen.findByRole('dialog');
  fireEvent.click(await within(dialog).findByRole('button', { name: /Let in/ }, slow));
  await within(dialog).findByRole('link', { name: 'new-9' }, slow);
  expect(world.waiting.size).toBe(0);
});

test('the waiting room stands above the list, and a viewer is told why nothing can be done there', async () => {
  renderPage(failing(), '/servers', Role.VIEWER);
  const room = await screen.findByRole('region', { name: 'Waiting room' }, slow);
  expect(within(room).getByText(/sha256\/\//)).toBeDefined();
  expect(refusalOf(within(room).getByRole('button', { name: /Let in/ }))).toBe('true');
});

test('a rejected server leaves the waiting room', async () => {
  const world = failing();
  renderPage(world, '/servers');
  fireEvent.click(await button(/Reject/));
  await waitFor(() => expect(world.waiting.size).toBe(0), slow);
  await waitFor(() => expect(screen.queryByRole('region', { name: 'Waiting room' })).toBeNull(), slow);
});

test('a saved selector filters the list, and the labels of a filter can be saved', async () => {
  const world = full();
  renderPage(world, '/servers?q=label:zone%3Dhel');
  fireEvent.click(await button('Selectors'));
  type(await screen.findByLabelText('Name', undefined, slow), 'north');
  fireEvent.click(await button('Save'));
  await waitFor(() => expect(world.selectors.get('north')?.labels).toEqual({ zone: 'hel' }), slow);
  fireEvent.click((await screen.findAllByRole('button', { name: 'Close' }))[0]!);
  fireEvent.click(await button(/@fra/));
  await waitFor(
    () =>
      expect(screen.getByRole('textbox', { name: 'Filter' })).toHaveProperty(
        'value',
        'label:zone=hel selector:fra',
      ),
    slow,
  );
  await screen.findByText('No server matches', undefined, slow);
});

test('a held server shows both decisions with their consequence, and the chosen one is carried out', async () => {
  const world = failing();
  renderPage(world, '/servers/web-fra-3');
  const panel = await screen.findByRole('region', { name: 'Held' }, slow);
  expect(panel.textContent).toContain('Counter 388 came where 412 was seen before');
  expect(panel.textContent).toContain('told to forget who it is');
  expect(refusalOf(await button(/Run/))).toBe('true');
  fireEvent.click(within(panel).getByRole('button', { name: 'It is the server' }));
  fireEvent.click(await button('Decide so'));
  await waitFor(() => expect(world.serverByName('web-fra-3')?.hold).toBeUndefined(), slow);
});

test('orphans are chosen and discarded, not all by accident', async () => {
  const world = failing();
  renderPage(world, '/servers/web-fra-1');
  expect(refusalOf(await button(/^Discard/))).toBe('true');
  fireEvent.click(await screen.findByLabelText('summer-sale', undefined, slow));
  fireEvent.click(await button('Discard 1'));
  fireEvent.click(await button('Discard 1 orphan'));
  await waitFor(
    () => expect(world.serverByName('web-fra-1')?.orphans.map(({ name }) => name)).toEqual(['old-docs']),
    slow,
  );
});

test('the bound of the local administrator is shown with its file, and disks with their room', async () => {
  renderPage(full(), '/servers/web-fra-1');
  await screen.findByText('/etc/ostler/policy', undefined, slow);
  expect(screen.getByText('/srv /var/www')).toBeDefined();
  expect(screen.getByText('28.8 GiB of 40 GiB free')).toBeDefined();
});

test('the connection check tells its steps and the one sentence', async () => {
  renderPage(failing(), '/servers/web-ams-5');
  fireEvent.click(await button(/Check connection/));
  const dialog = await screen.findByRole('dialog');
  await within(dialog).findByText('Control lane', undefined, slow);
  expect(within(dialog).getByRole('status').textContent).toContain('silent for too long');
});

test('a removal counts its consequence and goes nowhere without force while something is placed', async () => {
  const world = full();
  renderPage(world, '/servers/web-fra-1');
  fireEvent.click(await button('More'));
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Remove server' }, slow));
  const dialog = await screen.findByRole('dialog');
  await within(dialog).findByText(/Served nowhere else: docs\.example\.test/, undefined, slow);
  type(within(dialog).getByLabelText(/Type web-fra-1/), 'web-fra-1');
  const remove = () => within(dialog).getByRole('button', { name: 'Remove server' });
  expect(refusalOf(remove())).toBe('true');
  fireEvent.click(within(dialog).getByLabelText(/Remove it although/));
  fireEvent.click(remove());
  await waitFor(() => expect(world.serverByName('web-fra-1')).toBeUndefined(), slow);
});

test('a revoked server is said to be so, and cannot be revoked again', async () => {
  const world = full();
  renderPage(world, '/servers/web-fra-2');
  fireEvent.click(await button('More'));
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Revoke server' }, slow));
  type(await screen.findByLabelText(/^Why/, undefined, slow), 'sold');
  type(screen.getByLabelText(/Type web-fra-2/), 'web-fra-2');
  fireEvent.click(await button('Revoke server'));
  await waitFor(() => expect(world.serverByName('web-fra-2')?.state).toBe(Server_State.REVOKED), slow);
  await screen.findByText(/Its trust was ended: its agent is never let in again/, undefined, slow);
  expect(refusalOf(await button(/Run/))).toBe('true');
});

test('join tokens tell who came by which, and an ended one cannot be revoked', async () => {
  renderPage(full(), '/settings?tab=join');
  expect((await screen.findByRole('link', { name: 'web-fra-1' }, slow)).getAttribute('href')).toBe(
    '/servers/web-fra-1',
  );
  expect(screen.getByText(/a server that was removed/)).toBeDefined();
  const [open, used] = screen.getAllByRole('button', { name: 'Revoke' });
  expect([refusalOf(open!), refusalOf(used!)]).toEqual([null, 'true']);
});
