import type { SavedSelector, Server } from '@ostler/contracts';
import type { Filter } from './filter';

type LabelMap = Readonly<Record<string, string>>;

/** Whether a server has all of these labels. */
export function hasLabels({ labels }: Pick<Server, 'labels'>, wanted: LabelMap): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** The labels that a filter names: what can be kept as a selector. */
export function labelsOfFilter({ tokens }: Filter): Record<string, string> {
  const pairs = tokens.filter(({ key, value }) => key === 'label' && value.includes('='));
  return Object.fromEntries(
    pairs.map(({ value }) => {
      const at = value.indexOf('=');
      return [value.slice(0, at), value.slice(at + 1)];
    }),
  );
}

/** A selector by its name; the `@` that stands before it on the command line may be there. */
export function selectorNamed(selectors: readonly SavedSelector[], name: string): SavedSelector | undefined {
  return selectors.find((one) => one.name === name.replace(/^@/, ''));
}
