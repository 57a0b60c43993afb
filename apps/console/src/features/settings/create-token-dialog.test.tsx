// @vitest-environment happy-dom
import { Permission } from '@ostler/contracts';
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { emptyScene } from '../../../mock/scenes';
import { renderPage } from '../../testing/render-page.fixture';

vi.setConfig({ testTimeout: 20_000 });
afterEach(cleanup);

test('a token is narrowed to the rights that are ticked, and its row says so', async () => {
  const world = emptyScene({ stepMs: 5, joinAfterSteps: 0 });
  renderPage(world, '/settings?tab=tokens');
  fireEvent.click(await screen.findByRole('button', { name: 'Create token' }));
  const dialog = await screen.findByRole('dialog');
  fireEvent.change(within(dialog).getByLabelText('Name'), { target: { value: 'reads' } });
  fireEvent.click(within(dialog).getByLabelText('Seeing resources'));
  expect(within(dialog).getByText(/^1 of \d+$/)).toBeDefined();
  expect(within(dialog).queryByLabelText('Managing people')).toBeNull();
  fireEvent.click(within(dialog).getByRole('button', { name: 'Create token' }));
  await waitFor(() => expect(world.apiTokens.size).toBe(1));
  expect([...world.apiTokens.values()][0]?.scopes).toEqual([Permission.RESOURCES_READ]);
  await screen.findByText(/only RESOURCES_READ/);
});
