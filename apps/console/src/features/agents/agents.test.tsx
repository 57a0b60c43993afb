// @vitest-environment happy-dom
import { Role, Rollout_State } from '@ostler/contracts';
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { failingScene, fullScene } from '../../../mock/scenes';
import type { World } from '../../../mock/world';
import { renderPage } from '../../testing/render-page.fixture';

vi.setConfig({ testTimeout: 20_000 });
afterEach(cleanup);

const slow = { timeout: 15_000 };
const full = (): World => fullScene({ stepMs: 5, joinAfterSteps: 0 });
const failing = (): World => failingScene({ stepMs: 5, joinAfterSteps: 0 });
const button = (name: string | RegExp) => screen.findByRole('button', { name }, slow);
/** Once it can be pressed. */
async function press(name: string): Promise<void> {
  await waitFor(
    () => expect(screen.getByRole('button', { name }).getAttribute('aria-disabled')).toBeNull(),
    slow,
  );
  fireEvent.click(screen.getByRole('button', { name }));
}
const newest = (world: World) => [...world.rollouts.values()].at(-1)!;

test('an update goes to the servers of a selector, and its page follows it to the end', async () => {
  const world = full();
  const { router } = renderPage(world, '/agents');
  await press('Update agents');
  const servers = await screen.findByRole('combobox', { name: 'Servers' }, slow);
  await screen.findByRole('option', { name: '@fra: 3 servers' }, slow);
  fireEvent.change(servers, { target: { value: '@fra' } });
  await press('Update 3 servers');
  await waitFor(() => expect(router.state.location.pathname).toBe(`/agents/${newest(world).uid}`), slow);
  await waitFor(() => expect(newest(world).state).toBe(Rollout_State.SUCCEEDED), slow);
  expect(newest(world).selector).toEqual({ zone: 'fra' });
  await screen.findByText('Succeeded', undefined, slow);
  expect(screen.getAllByText('Updated')).toHaveLength(3);
});

test('stages that do not rise to 100 are refused where they are typed', async () => {
  renderPage(full(), '/agents');
  await press('Update agents');
  fireEvent.change(await screen.findByLabelText('Stages', undefined, slow), { target: { value: '50, 10' } });
  expect((await screen.findByRole('alert', undefined, slow)).textContent).toContain('50, 10');
  expect((await button(/^Update \d/)).getAttribute('aria-disabled')).toBe('true');
});

test('a stopped rollout says why, and goes on or ends as somebody decides', async () => {
  const world = failing();
  renderPage(world, `/agents/${newest(world).uid}`);
  await screen.findByText(/did not come up healthy within 60 s\. Look/, undefined, slow);
  fireEvent.click(await button('Resume'));
  await waitFor(() => expect(newest(world).state).not.toBe(Rollout_State.STOPPED), slow);
  fireEvent.click(await button('Cancel rollout'));
  await waitFor(() => expect(newest(world).state).toBe(Rollout_State.CANCELLED), slow);
});

test('while one has not ended no other is begun, and that is the reason given', async () => {
  renderPage(failing(), '/agents');
  const update = await button('Update agents');
  await waitFor(() => expect(update.getAttribute('aria-disabled')).toBe('true'), slow);
});

test('a viewer sees versions and progress and can change nothing', async () => {
  const world = failing();
  renderPage(world, `/agents/${newest(world).uid}`, Role.VIEWER);
  expect((await button('Resume')).getAttribute('aria-disabled')).toBe('true');
});
