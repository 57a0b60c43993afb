// @vitest-environment happy-dom
import { clone } from '@bufbuild/protobuf';
import { ConditionStatus, Kind, ResourceSchema } from '@ostler/contracts';
import { cleanup, fireEvent, screen, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { condition } from '../../mock/builders';
import { fullScene } from '../../mock/scenes';
import { renderPage } from '../testing/render-page.fixture';

vi.setConfig({ testTimeout: 20_000 });
afterEach(cleanup);

const slow = { timeout: 15_000 };

test('servers with trouble come first, with why and what to do; of many, the rest is shown when asked for', async () => {
  const world = fullScene({ stepMs: 5, joinAfterSteps: 0 });
  const site = clone(ResourceSchema, world.resourceByName(Kind.SITE, 'docs')!);
  const [one] = site.status!.placementStatuses;
  site.status!.placementStatuses = Array.from({ length: 40 }, (_, index) => ({
    ...one!,
    serverUid: String(index),
    serverName: `web-${String(index).padStart(2, '0')}`,
  }));
  site.status!.placementStatuses[39]!.conditions = [
    condition('Ready', ConditionStatus.FALSE, 'CONFIGURATION_REFUSED', 'nginx refused it: line 3.'),
  ];
  world.putResource(site);
  renderPage(world, '/sites/docs');
  const table = within(await screen.findByRole('table', undefined, slow));
  const rows = () => table.getAllByRole('rowheader').map(({ textContent }) => textContent);
  expect(rows().slice(0, 2)).toEqual(['web-39', 'web-00']);
  const [, first] = table.getAllByRole('row');
  expect(first?.textContent).toMatch(
    /Failed.*nginx refused it: line 3.*CONFIGURATION_REFUSED.*What to do: edit/,
  );
  expect(rows()).toHaveLength(25);
  fireEvent.click(screen.getByRole('button', { name: 'Show the other 15 servers' }));
  expect(rows()).toHaveLength(40);
});
