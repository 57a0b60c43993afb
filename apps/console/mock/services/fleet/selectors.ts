import { create } from '@bufbuild/protobuf';
import { ErrorReason, type SavedSelector, SavedSelectorSchema } from '@ostler/contracts';
import { refusal } from '../../refuse';
import type { World } from '../../world';
import { type FleetMethods, hasLabels } from './methods';

export function selectorMethods(
  world: World,
): FleetMethods<'listSavedSelectors' | 'saveSelector' | 'deleteSelector'> {
  const counted = (selector: SavedSelector): SavedSelector => ({
    ...selector,
    servers: [...world.servers.values()].filter((server) => hasLabels(server, selector.labels)).length,
  });
  return {
    listSavedSelectors: () => ({ selectors: [...world.selectors.values()].map(counted) }),
    saveSelector({ name, labels }) {
      const selector = create(SavedSelectorSchema, { name, labels });
      world.selectors.set(name, selector);
      return { selector: counted(selector) };
    },
    deleteSelector({ name }) {
      if (!world.selectors.delete(name)) {
        throw refusal(ErrorReason.NOT_FOUND, `There is no saved selector "${name}".`);
      }
      return {};
    },
  };
}
