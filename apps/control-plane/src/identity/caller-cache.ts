import { Injectable, type OnModuleInit } from '@nestjs/common';

import { afterCommit, Wake } from '../platform/db';
import type { Caller } from '../platform/rpc';

interface Entry {
  readonly caller: Caller;
  readonly goodUntil: number;
}

const longestMs = 10_000;
const mostEntries = 10_000;

/**
 * Callers that were looked up a moment ago. Emptied at every change of people, sessions or tokens, here or in
 * another process; the time limit is for a wake-up that is late.
 */
@Injectable()
export class CallerCache implements OnModuleInit {
  private readonly entries = new Map<string, Entry>();
  private generation = 0;

  constructor(private readonly wake: Wake) {}

  onModuleInit(): void {
    this.wake.on('identity', () => this.clear());
  }

  /** Within a unit of work that changes who may do what: forgotten here at once, elsewhere a moment later. */
  forgetAtCommit(): void {
    this.wake.notify('identity');
    afterCommit(() => this.clear());
  }

  get(key: string, nowMs: number): Caller | undefined {
    const entry = this.entries.get(key);
    return entry && nowMs < entry.goodUntil ? entry.caller : undefined;
  }

  /** Call before the look-up; what it returns stores the result unless something changed meanwhile. */
  begin(key: string): (caller: Caller, expiresAtMs: number, nowMs: number) => void {
    const { generation } = this;
    return (caller, expiresAtMs, nowMs) => {
      if (generation !== this.generation) return;
      if (this.entries.size >= mostEntries) this.entries.clear();
      this.entries.set(key, { caller, goodUntil: Math.min(nowMs + longestMs, expiresAtMs) });
    };
  }

  private clear(): void {
    this.generation++;
    this.entries.clear();
  }
}
