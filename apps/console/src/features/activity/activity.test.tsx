// @vitest-environment happy-dom
import { AuditEntry_Outcome as Outcome, ErrorReason, Kind, Role } from '@ostler/contracts';
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
const table = () => screen.findByRole('table', { name: 'Activity' }, slow);
const rowCount = async (): Promise<number> => within(await table()).getAllByRole('row').length - 1;

test('what is typed as a filter is in the address, and clearing shows all again', async () => {
  const { router } = renderPage(world, '/activity');
  const all = await rowCount();
  fireEvent.change(screen.getByLabelText('About'), { target: { value: 'shop' } });
  await waitFor(async () => expect(await rowCount()).toBeLessThan(all), slow);
  expect(router.state.location.search).toMatchObject({ about: 'shop' });
  fireEvent.click(screen.getByRole('button', { name: 'Clear' }));
  await waitFor(async () => expect(await rowCount()).toBe(all), slow);
});

test('the address decides what is shown: outcome and call', async () => {
  const denied = {
    outcome: Outcome.DENIED,
    reason: ErrorReason.DENIED,
    method: 'ostler.api.v1.FleetService/RevokeServer',
  };
  world.record({ ...denied, actor: 'v@example.test', subject: 'Server web-fra-1', message: 'not allowed' });
  renderPage(world, '/activity?outcome=denied&call=revoke');
  expect(await rowCount()).toBe(1);
  expect(within(await table()).getByRole('link', { name: 'Server web-fra-1' })).toBeDefined();
});

test('an entry that made a generation shows what was before and what came after', async () => {
  const site = world.resourceByName(Kind.SITE, 'shop');
  const entry = {
    outcome: Outcome.DONE,
    method: 'ostler.api.v1.ResourceService/Apply',
    subject: 'Site shop',
  };
  world.record({
    ...entry,
    resourceUid: site?.meta?.uid,
    generation: site?.meta?.generation,
    actor: 'a@example.test',
  });
  renderPage(world, `/activity?about=shop#${world.audit[0]?.uid}`);
  const dialog = await screen.findByRole('dialog', undefined, slow);
  const change = await within(dialog).findByRole('region', { name: 'Before and after' }, slow);
  await within(change).findByText(/^\d+ fields?$/, undefined, slow);
  expect(within(change).getByRole('group', { name: /Changes/ }).textContent).toContain('domains');
});

test('a viewer is told which role reads the activity', async () => {
  renderPage(world, '/activity', Role.VIEWER);
  expect(
    await screen.findByText(/Reading the activity needs the right AUDIT_READ/, undefined, slow),
  ).toBeDefined();
});
