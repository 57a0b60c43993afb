import type { Resource, ServerPlan } from '@ostler/contracts';
import type { Violation } from '@ostler/kernel';
import { modelOfCase } from '@ostler/resource-model';

const LINE = /^([a-z]\w*)((?:\[\d+\]|\.\w+)*): (.+)$/;

/**
 * What servers refuse in a plan, by the field that they name: an agent writes `field: message`, one a line.
 * Lines of nginx look alike (`nginx: [emerg] ...`), so only fields of the kind count.
 */
export function planRefusals({ spec }: Resource, plans: readonly ServerPlan[]): Violation[] {
  const fields = new Set(modelOfCase(spec.case ?? '')?.schema.fields.map(({ localName }) => localName));
  const refused = plans.filter(({ verified, valid }) => verified && !valid);
  const said = refused.flatMap(({ serverName, message }) =>
    message.split('\n').flatMap((line) => {
      const [, first = '', rest = '', why = ''] = LINE.exec(line) ?? [];
      return fields.has(first) ? [{ serverName, field: first + rest, why }] : [];
    }),
  );
  const groups = Map.groupBy(said, ({ field, why }) => `${field}: ${why}`);
  return [...groups.values()].map((group) => {
    const [{ serverName, field, why }] = group as [(typeof group)[number]];
    const more = group.length > 1 ? ` and ${group.length - 1} more` : '';
    return { field, reason: 'REFUSED_THERE', message: `On ${serverName}${more}: ${why}` };
  });
}
