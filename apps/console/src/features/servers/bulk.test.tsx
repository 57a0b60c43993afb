// @vitest-environment happy-dom
import { Role, Server_State } from '@ostler/contracts';
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fullScene } from '../../../mock/scenes';
import type { World } from '../../../mock/world';
import { renderPage } from '../../testing/render-page.fixture';

vi.setConfig({ testTimeout: 20_000 });
afterEach(cleanup);

const slow = { timeout: 15_000 };
let world: World;
beforeEach(() => {
  world = fullScene({ stepMs: 5, joinAfterSteps: 0 });
});
const key = (name: string): boolean =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key: name });
const chosen = () => screen.findByRole('region', { name: 'Chosen rows' }, slow);
const button = (name: RegExp) => screen.findByRole('button', { name }, slow);

test('rows are chosen, and what is done to them says to how many', async () => {
  renderPage(world, '/servers');
  await screen.findByRole('table', { name: 'Servers' }, slow);
  const boxes = screen.getAllByRole('checkbox', { name: /^Choose \S+$/ });
  boxes.slice(0, 2).forEach((box) => fireEvent.click(box));
  expect(within(await chosen()).getByRole('status').textContent).toBe('2 servers chosen');
  const before = world.operations.size;
  fireEvent.click(await button(/^Run on 2 servers$/));
  fireEvent.click(await screen.findByRole('menuitem', { name: 'No-op' }, slow));
  await screen.findByText(/^No-op: started on 2 servers\./, undefined, slow);
  expect(world.operations.size).toBe(before + 2);
  key('Escape');
  await waitFor(() => expect(screen.queryByRole('region', { name: 'Chosen rows' })).toBeNull());
});

test('a filter takes what it hides out of what is done', async () => {
  renderPage(world, '/servers');
  await screen.findByRole('table', { name: 'Servers' }, slow);
  const [first] = [...world.servers.values()].map(({ name }) => name).sort();
  fireEvent.click(screen.getByRole('checkbox', { name: 'Choose all: Servers' }));
  expect(within(await chosen()).getByRole('status').textContent).toBe(`${world.servers.size} servers chosen`);
  fireEvent.change(screen.getByLabelText('Filter'), { target: { value: first } });
  await screen.findByRole('button', { name: 'Run on 1 server' }, slow);
});

test('labels are put on many and taken off, and the rest of each stays', async () => {
  renderPage(world, '/servers?q=label:zone%3Dfra');
  await screen.findByRole('table', { name: 'Servers' }, slow);
  fireEvent.click(screen.getByRole('checkbox', { name: 'Choose all: Servers' }));
  fireEvent.click(await button(/^Label \d+ servers$/));
  const dialog = await screen.findByRole('dialog', undefined, slow);
  const change = within(dialog).getByRole('button', { name: /^Change/ });
  expect(change.getAttribute('aria-disabled')).toBe('true');
  fireEvent.change(within(dialog).getByLabelText(/^Put/), { target: { value: 'tier=gold' } });
  fireEvent.click(change);
  await screen.findByText(/^Labelled \d+ servers\./, undefined, slow);
  const changed = [...world.servers.values()].filter(({ labels }) => labels['zone'] === 'fra');
  expect(changed.length).toBeGreaterThan(1);
  expect(changed.map(({ labels }) => labels['tier'])).toEqual(changed.map(() => 'gold'));
});

test('one that is refused is named, and the others are done', async () => {
  const held = [...world.servers.values()][0]!;
  held.state = Server_State.REVOKED;
  renderPage(world, '/servers');
  await screen.findByRole('table', { name: 'Servers' }, slow);
  fireEvent.click(screen.getByRole('checkbox', { name: 'Choose all: Servers' }));
  fireEvent.click(await button(/^Run on \d+ servers$/));
  fireEvent.click(await screen.findByRole('menuitem', { name: 'No-op' }, slow));
  const said = await screen.findByText(/^No-op: started on \d+ servers\./, undefined, slow);
  expect(said.textContent).toContain(`1 refused. ${held.name}: `);
});

test('a viewer chooses rows and is told which role could do something with them', async () => {
  renderPage(world, '/servers', Role.VIEWER);
  await screen.findByRole('table', { name: 'Servers' }, slow);
  fireEvent.click(screen.getByRole('checkbox', { name: 'Choose all: Servers' }));
  const run = await button(/^Run on/);
  expect(run.getAttribute('aria-disabled')).toBe('true');
});
