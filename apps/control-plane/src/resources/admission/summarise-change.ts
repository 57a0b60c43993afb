import type { Admitted } from './draft';

/** "created", "changed tls.forceHttps and 2 more", "reverted to generation 3". */
export function summariseChange({
  existing,
  fields,
  reason,
}: Pick<Admitted, 'existing' | 'fields' | 'reason'>): string {
  if (reason) return reason;
  if (!existing) return 'created';
  const [first] = fields;
  if (!first) return 'changed nothing that can be shown';
  const more = fields.length > 1 ? ` and ${fields.length - 1} more` : '';
  return `changed ${first.path}${more}`;
}
