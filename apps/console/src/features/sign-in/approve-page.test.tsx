// @vitest-environment happy-dom
import { create } from '@bufbuild/protobuf';
import { BrowserSignInSchema } from '@ostler/contracts';
import { cleanup, fireEvent, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { fullScene } from '../../../mock/scenes';
import type { World } from '../../../mock/world';
import { renderPage } from '../../testing/render-page.fixture';

vi.setConfig({ testTimeout: 20_000 });
afterEach(cleanup);

const slow = { timeout: 15_000 };
const code = 'BCDF-GHJK';

function worldThatIsAsked(computer = 'laptop'): World {
  const world = fullScene({ stepMs: 5, joinAfterSteps: 0 });
  const asked = { code, program: 'ostler', computer, address: '192.0.2.77' };
  world.browserSignIns.set(code, create(BrowserSignInSchema, asked));
  return world;
}

test('who asks is shown with its code and as whom it would act, and is let in once', async () => {
  const world = worldThatIsAsked();
  const { person } = renderPage(world, `/approve?code=${code}`);
  await screen.findByText(code, undefined, slow);
  expect(screen.getByText('192.0.2.77')).toBeDefined();
  expect(screen.getByText(new RegExp(`^${person.email}, owner$`))).toBeDefined();
  fireEvent.click(screen.getByRole('button', { name: 'Let it in' }));
  await screen.findByText(/is signed in/, undefined, slow);
  expect(world.browserSignIns.has(code)).toBe(false);
});

test('one that is turned away is told as such', async () => {
  const world = worldThatIsAsked();
  renderPage(world, `/approve?code=${code}`);
  fireEvent.click(await screen.findByRole('button', { name: 'Turn it away' }, slow));
  await screen.findByText(/was turned away/, undefined, slow);
  expect(world.audit[0]?.message).toBe('Turned away.');
});

test('a name that turns the direction of the text is shown without that', async () => {
  renderPage(worldThatIsAsked('evil\u202eexe.laptop'), `/approve?code=${code}`);
  expect(await screen.findByText('evilexe.laptop', undefined, slow)).toBeDefined();
});

test('a code that nobody waits with says so, and another one can be typed', async () => {
  const { router } = renderPage(worldThatIsAsked(), '/approve?code=XXXX-XXXX');
  await screen.findByText(/Nobody waits with this code/, undefined, slow);
  fireEvent.change(screen.getByLabelText('Code'), { target: { value: ' bcdf-ghjk' } });
  fireEvent.click(screen.getByRole('button', { name: 'Go on' }));
  await screen.findByRole('button', { name: 'Let it in' }, slow);
  expect(router.state.location.search).toEqual({ code });
});
