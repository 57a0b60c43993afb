import type { Facet } from '../components/filter-bar';
import { type Health, healthOrder } from './health';

/** The states that occur, as filters to click, worst first. */
export function stateFacets(healths: readonly Pick<Health, 'state' | 'word'>[]): readonly Facet[] {
  return healthOrder.flatMap((state) => {
    const some = healths.filter((health) => health.state === state);
    if (some.length === 0) return [];
    const word = some.every(({ word }) => word === some[0]?.word) ? some[0]?.word : undefined;
    const label = word ?? `${state.charAt(0).toUpperCase()}${state.slice(1)}`;
    return [{ label, token: { key: 'state', value: state }, count: some.length }];
  });
}
