import { Injectable } from '@nestjs/common';
import { AppError } from '@ostler/kernel';

/** Something without which the control plane does not do its work. */
export interface HealthCheck {
  /** One word: database, migrations, authority... */
  readonly name: string;
  /** Rejects when it is not well. An AppError's message is told to whoever asks. */
  check(): Promise<void>;
}

export interface Finding {
  readonly name: string;
  /** Empty when it is well. */
  readonly trouble: string;
}

const checkWithinMs = 2_000;

/** What GET /readyz answers from. Rooms and roles add their checks at start. */
@Injectable()
export class Health {
  private readonly checks: HealthCheck[] = [];

  add(check: HealthCheck): void {
    this.checks.push(check);
  }

  findings(): Promise<Finding[]> {
    return Promise.all(this.checks.map(async (one) => ({ name: one.name, trouble: await troubleOf(one) })));
  }
}

async function troubleOf(one: HealthCheck): Promise<string> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('late')), checkWithinMs).unref();
  try {
    await Promise.race([one.check(), late.promise]);
    return '';
  } catch (error) {
    // Anything else may hold what is not for everybody.
    return error instanceof AppError ? error.message : 'does not answer';
  } finally {
    clearTimeout(timer);
  }
}
