import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { Injectable } from '@nestjs/common';

export const MOST_WAITING = 500;

interface Line {
  waiting: number;
  tail: Promise<unknown>;
}

/**
 * Writers of one tenant wait here, not in the database. There they would wait for the order of changes all
 * the same, but each with a connection in its hand, and soon nobody could read any more.
 */
@Injectable()
export class WriteQueue {
  private readonly lines = new Map<string, Line>();

  /** Runs the tasks of one key one after the other. @throws AppError UNAVAILABLE when too many wait already. */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const line = this.lines.get(key) ?? { waiting: 0, tail: Promise.resolve() };
    if (line.waiting >= MOST_WAITING) throw tooMany();
    this.lines.set(key, line);
    line.waiting++;
    const result = line.tail.then(task);
    line.tail = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      if (--line.waiting === 0) this.lines.delete(key);
    }
  }
}

function tooMany(): AppError {
  return new AppError(
    ErrorReason.UNAVAILABLE,
    `${MOST_WAITING} changes are waiting already. Nothing was changed; try again.`,
    {
      retryAfterSeconds: 2,
    },
  );
}
