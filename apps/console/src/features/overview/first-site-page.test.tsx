// @vitest-environment happy-dom
import { Kind, Role } from '@ostler/contracts';
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeServer } from '../../../mock/builders';
import { emptyScene } from '../../../mock/scenes';
import type { World } from '../../../mock/world';
import { renderPage } from '../../testing/render-page.fixture';

vi.setConfig({ testTimeout: 20_000 });
afterEach(() => {
  cleanup();
  localStorage.clear();
});

const slow = { timeout: 15_000 };
let world: World;
beforeEach(() => {
  world = emptyScene({ stepMs: 20, joinAfterSteps: 0 });
});
const type = (label: RegExp | string, value: string): boolean =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });

test('the way begins with a server, and goes on by itself when one is there', async () => {
  renderPage(world, '/start');
  expect(await screen.findByText('No server is connected yet', undefined, slow)).toBeDefined();
  world.putServer(makeServer('web-1'));
  expect(await screen.findByRole('button', { name: 'Put it on web-1' }, slow)).toBeDefined();
});

test('it ends with a site that is served and the way to open it', async () => {
  world.putServer(makeServer('web-1'));
  const { router } = renderPage(world, '/start');
  await screen.findByRole('button', { name: 'Put it on web-1' }, slow);
  type('Domain', 'www.example.test');
  type('What the page says', 'Made by me');
  fireEvent.click(screen.getByRole('button', { name: 'Put it on web-1' }));
  const open = await screen.findByRole('link', { name: /^Open www\.example\.test/ }, slow);
  expect(open.getAttribute('href')).toBe('http://www.example.test');
  expect(router.state.location.search).toEqual({ site: 'my-site' });
  expect(world.resourceByName(Kind.SITE, 'my-site')?.spec.value).toMatchObject({
    domains: ['www.example.test'],
  });
});

test('the overview tells the steps until a site of one’s own is served, or they are put away', async () => {
  renderPage(world, '/');
  expect(await screen.findByRole('heading', { name: 'First steps' }, slow)).toBeDefined();
  fireEvent.click(screen.getByRole('button', { name: 'Put the first steps away' }));
  await waitFor(() => expect(screen.queryByRole('heading', { name: 'First steps' })).toBeNull());
  cleanup();
  renderPage(world, '/');
  await screen.findByText('Nothing has changed yet.', undefined, slow);
  expect(screen.queryByRole('heading', { name: 'First steps' })).toBeNull();
});

test('a viewer sees the way and why it is not theirs', async () => {
  world.putServer(makeServer('web-1'));
  renderPage(world, '/start', Role.VIEWER);
  const put = await screen.findByRole('button', { name: 'Put it on web-1' }, slow);
  expect(put.getAttribute('aria-disabled')).toBe('true');
});
