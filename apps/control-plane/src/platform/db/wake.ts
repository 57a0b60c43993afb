import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Backoff, pause, systemClock } from '@ostler/kernel';
import { Client } from 'pg';

import { Database } from './database';
import { wakeAtCommit } from './unit';

/** What can be waited for. A word carries no data: whoever wakes reads the latest. */
export type WakeWord =
  | 'resources'
  | 'servers'
  | 'operations'
  | 'audit'
  | 'identity'
  | 'manifests'
  | 'manifests-wanted'
  | 'secrets'
  | 'releases'
  | 'rollouts'
  | 'authority'
  | 'waiting-servers';

/**
 * Wake-ups between transactions and loops, in this process and in others, by LISTEN on a connection of its
 * own (poolers break LISTEN). After a lost connection everybody is woken, because words may have been missed.
 *
 *     connecting -> listening -> lost -> (back-off) -> connecting -> listening, all woken
 */
@Injectable()
export class Wake implements OnModuleInit, OnModuleDestroy {
  private readonly listeners = new Map<WakeWord, Set<() => void>>();
  private readonly stopping = new AbortController();
  private client: Client | undefined;
  private life: Promise<void> = Promise.resolve();

  constructor(private readonly database: Database) {}

  /** Within a unit of work: wakes everybody who waits for the word, when it is committed. */
  notify(word: WakeWord): void {
    wakeAtCommit(word);
  }

  /** Calls `wake` soon after every notify of the word, and whenever some may have been missed. */
  on(word: WakeWord, wake: () => void): () => void {
    const set = this.listeners.get(word) ?? new Set();
    this.listeners.set(word, set.add(wake));
    return () => void set.delete(wake);
  }

  async onModuleInit(): Promise<void> {
    const { lost } = await this.listen();
    this.life = this.keepListening(lost);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.client?.end().catch(() => undefined);
    await this.life;
  }

  private async keepListening(lost: Promise<void>): Promise<void> {
    const backoff = new Backoff({ firstMs: 100, mostMs: 5_000 });
    await lost;
    while (!this.stopping.signal.aborted) {
      const again = await this.listen().catch(() => undefined);
      if (!again) {
        await pause(systemClock, backoff.next(), this.stopping.signal);
        continue;
      }
      backoff.reset();
      for (const word of this.listeners.keys()) this.wakeAll(word);
      await again.lost;
    }
  }

  /** Resolves once it listens, with the moment when that connection is lost. */
  private async listen(): Promise<{ readonly lost: Promise<void> }> {
    const client = new Client({
      connectionString: this.database.directUrl,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    const lost = new Promise<void>((resolve) => client.once('end', () => resolve()));
    client.on('error', () => undefined);
    client.on('notification', ({ payload }) => this.wakeAll(payload as WakeWord));
    try {
      await client.connect();
      await client.query('listen ostler');
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    this.client = client;
    return { lost };
  }

  private wakeAll(word: WakeWord): void {
    for (const wake of this.listeners.get(word) ?? []) wake();
  }
}
