// @vitest-environment happy-dom
import { create } from '@bufbuild/protobuf';
import { Kind, RevisionSchema } from '@ostler/contracts';
import { cleanup, fireEvent, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { fullScene } from '../../mock/scenes';
import { renderPage } from '../testing/render-page.fixture';

vi.setConfig({ testTimeout: 20_000 });
afterEach(cleanup);

const slow = { timeout: 15_000 };

test('a long history is shown page by page', async () => {
  const world = fullScene({ stepMs: 5, joinAfterSteps: 0 });
  const site = world.resourceByName(Kind.SITE, 'docs')!;
  const { uid } = site.meta!;
  world.revisions.set(
    uid,
    Array.from({ length: 130 }, (_, index) =>
      create(RevisionSchema, { generation: BigInt(index + 1), summary: 'changed domains', resource: site }),
    ),
  );
  world.putResource({ ...site, meta: { ...site.meta!, generation: 130n } });
  renderPage(world, '/sites/docs?tab=revisions');
  await screen.findByRole('button', { name: /^Generation 130/ }, slow);
  expect(screen.queryByRole('button', { name: /^Generation 30 / })).toBeNull();
  fireEvent.click(screen.getByRole('button', { name: 'Show older generations' }));
  await screen.findByRole('button', { name: /^Generation 30(?!\d)/ }, slow);
  await screen.findByRole('button', { name: /^Generation 1(?!\d)/ }, slow);
  expect(screen.queryByRole('button', { name: 'Show older generations' })).toBeNull();
});
