import { ErrorReason } from '@ostler/contracts';
import { AppError, type Violation } from '@ostler/kernel';

/** The rules that are written in the contract, for the compiled specs that the control plane sends. */
export interface BodyRules {
  /** What is wrong with the exact bytes of a ManifestBody; empty when nothing is. */
  violations(body: Uint8Array): Promise<readonly Violation[]>;
  stop(): Promise<void>;
}

/** Throws INVALID with every rule that the body breaks. */
export async function requireValid(rules: BodyRules, body: Uint8Array): Promise<void> {
  const violations = await rules.violations(body);
  if (violations.length === 0) return;
  throw new AppError(ErrorReason.INVALID, 'It breaks rules of the contract.', { violations });
}
