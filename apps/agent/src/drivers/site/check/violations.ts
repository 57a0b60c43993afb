import { ErrorReason } from '@ostler/contracts';
import { AppError, type Violation } from '@ostler/kernel';

/** Gathers every refusal of one spec, so that a person fixes them in one go. */
export class Violations {
  private readonly found: Violation[] = [];

  add(field: string, reason: string, message: string): void {
    this.found.push({ field, reason, message });
  }

  throwIfAny(): void {
    const [first] = this.found;
    if (!first) return;
    const more = this.found.length > 1 ? ` (and ${this.found.length - 1} more)` : '';
    throw new AppError(ErrorReason.INVALID, `${first.field}: ${first.message}${more}`, {
      violations: this.found,
    });
  }
}
