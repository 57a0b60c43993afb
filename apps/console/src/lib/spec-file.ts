import { toSpecFile } from '@ostler/resource-model';
import type { Resource } from '@ostler/contracts';

/** The spec file that makes this resource. */
export function specFileText(resource: Resource): string {
  return toSpecFile(resource);
}
