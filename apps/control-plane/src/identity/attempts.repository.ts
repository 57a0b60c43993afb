import { Injectable } from '@nestjs/common';

import { execute, queryOne } from '../platform/db';

export interface AttemptLimit {
  /** Failures within the window that cost nothing. */
  readonly free: number;
  /** After them each failure doubles the wait, up to this. */
  readonly longestWaitSeconds: number;
}

const windowSeconds = 900;

/** Failed sign-ins per key. An attempt counts as failed from its begin, so parallel ones do not slip through. */
@Injectable()
export class AttemptsRepository {
  /** Counts an attempt. Returns the seconds to wait when it may not be made. */
  async begin(key: string, { free, longestWaitSeconds }: AttemptLimit): Promise<number> {
    const counted = await execute(
      `insert into sign_in_failure as f (key, failures, window_began_at) values ($1, 1, now())
       on conflict (key) do update set
         failures = case when f.window_began_at < now() - make_interval(secs => $2) then 1 else f.failures + 1 end,
         window_began_at = case when f.window_began_at < now() - make_interval(secs => $2) then now()
           else f.window_began_at end,
         blocked_until = case
           when f.window_began_at < now() - make_interval(secs => $2) or f.failures < $3 then null
           else now() + make_interval(secs => least($4::float, power(2, least(f.failures - $3, 20)))) end
       where f.blocked_until is null or f.blocked_until <= now()`,
      [key, windowSeconds, free, longestWaitSeconds],
    );
    if (counted === 1) return 0;
    const row = await queryOne<{ seconds: number }>(
      `select ceil(extract(epoch from blocked_until - now()))::int as seconds from sign_in_failure where key = $1`,
      [key],
    );
    return Math.max(1, row?.seconds ?? 1);
  }

  /** The attempt succeeded: forget what failed before. */
  async forget(key: string): Promise<void> {
    await execute('delete from sign_in_failure where key = $1', [key]);
  }

  /** The attempt succeeded, but others from the same place may not have: take back this one. */
  async takeBack(key: string): Promise<void> {
    await execute(
      'update sign_in_failure set failures = greatest(failures - 1, 0), blocked_until = null where key = $1',
      [key],
    );
  }
}
