import type { DescMessage } from '@bufbuild/protobuf';
import { BasicAuthUserSchema, PathRuleSchema, PathRule_Match, UpstreamSchema } from '@ostler/contracts';
import type { BasicAuthUser, PathRule, Upstream } from '@ostler/contracts';

/** What makes an element of a list the same one after the list was reordered. */
const identities = new Map<string, (message: unknown) => string>([
  [BasicAuthUserSchema.typeName, (user) => (user as BasicAuthUser).username],
  [UpstreamSchema.typeName, (upstream) => (upstream as Upstream).name],
  [PathRuleSchema.typeName, (rule) => pathRuleKey(rule as PathRule)],
]);

function pathRuleKey(rule: PathRule): string {
  return rule.match === PathRule_Match.EXACT ? `= ${rule.path}` : rule.path;
}

/** The element's key, or undefined where the position alone identifies it. */
export function identityOf(desc: DescMessage, message: unknown): string | undefined {
  return identities.get(desc.typeName)?.(message);
}
