import { Injectable } from '@nestjs/common';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { UnitOfWork } from '../platform/db';
import { type AttemptLimit, AttemptsRepository } from './attempts.repository';

// Short at the longest, because anybody can make somebody else wait; guessing 98 bits is hopeless anyway.
export const perEmail: AttemptLimit = { free: 5, longestWaitSeconds: 60 };
export const perAddress: AttemptLimit = { free: 20, longestWaitSeconds: 900 };

/** Slows down who guesses passwords, per e-mail and per address, for people who exist and who do not. */
@Injectable()
export class Attempts {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly repository: AttemptsRepository,
  ) {}

  /** @throws AppError THROTTLED with the seconds to wait. */
  async begin(email: string, address: string): Promise<void> {
    const wait = await this.unitOfWork.asSystem('sign-in', async () => {
      const byAddress = await this.repository.begin(`address:${address}`, perAddress);
      return byAddress > 0 ? byAddress : this.repository.begin(`email:${email}`, perEmail);
    });
    if (wait === 0) return;
    const message = `Too many failed attempts; try again in ${wait} s.`;
    throw new AppError(ErrorReason.THROTTLED, message, { retryAfterSeconds: wait });
  }

  /** Within the unit of work of what succeeded. */
  async succeeded(email: string, address: string): Promise<void> {
    await this.repository.takeBack(`address:${address}`);
    await this.repository.forget(`email:${email}`);
  }
}
