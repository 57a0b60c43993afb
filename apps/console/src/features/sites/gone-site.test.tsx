// @vitest-environment happy-dom
import { Kind } from '@ostler/contracts';
import { cleanup, fireEvent, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { fullScene } from '../../../mock/scenes';
import { renderPage } from '../../testing/render-page.fixture';

vi.setConfig({ testTimeout: 20_000 });
afterEach(cleanup);

const slow = { timeout: 15_000 };

test('a site that is gone shows its history, from its name and from the activity, and cannot be reverted', async () => {
  const world = fullScene({ stepMs: 5, joinAfterSteps: 0 });
  const { meta } = world.resourceByName(Kind.SITE, 'shop')!;
  world.resources.delete(meta!.uid);
  for (const at of ['shop', meta!.uid]) {
    renderPage(world, `/sites/${at}`);
    await screen.findByText('This site is gone. Its history stays.', undefined, slow);
    await screen.findByRole('heading', { name: 'shop' }, slow);
    fireEvent.click(await screen.findByRole('button', { name: /^Generation 1/ }, slow));
    const revert = await screen.findByRole('button', { name: 'Revert to this' }, slow);
    expect(revert.getAttribute('aria-disabled')).toBe('true');
    cleanup();
  }
});

test('a site that never was says so', async () => {
  renderPage(fullScene({ stepMs: 5, joinAfterSteps: 0 }), '/sites/never');
  await screen.findByText('There is no site "never"', undefined, slow);
});
