import { Worker } from 'node:worker_threads';
import { ErrorReason } from '@ostler/contracts';
import { AppError, type Clock, type Timer, type Violation } from '@ostler/kernel';
import type { BodyRules } from './body-rules.port';
import type { RulesAnswer, RulesQuestion } from './rules-message';

/** Changes come in rows: on a small server a new thread costs a second before the next one is judged. */
const IDLE_MS = 30_000;
const ANSWER_WITHIN_MS = 20_000;

interface Waiting {
  readonly resolve: (violations: readonly Violation[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The rules of the contract in a thread that lives while there is something to check: an agent at rest does not
 * carry their memory, and a body on which they would hang or run out of memory harms nobody else.
 */
export class RulesThread implements BodyRules {
  private worker: Worker | undefined;
  private idle: Timer | undefined;
  private count = 0;
  private readonly waiting = new Map<number, Waiting>();

  /** `program` is the bundle of rules.worker.ts. */
  constructor(
    private readonly program: string,
    private readonly clock: Clock,
  ) {}

  async violations(body: Uint8Array): Promise<readonly Violation[]> {
    this.idle?.cancel();
    const worker = (this.worker ??= this.startWorker());
    const question: RulesQuestion = { id: ++this.count, body };
    const late = this.clock.after(ANSWER_WITHIN_MS, () => this.fail(worker, 'they gave no answer in time'));
    try {
      return await new Promise<readonly Violation[]>((resolve, reject) => {
        this.waiting.set(question.id, { resolve, reject });
        worker.postMessage(question);
      });
    } finally {
      late.cancel();
      if (this.waiting.size === 0) this.idle = this.clock.after(IDLE_MS, () => void this.stop());
    }
  }

  async stop(): Promise<void> {
    this.idle?.cancel();
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private startWorker(): Worker {
    const worker = new Worker(this.program, { resourceLimits: { maxOldGenerationSizeMb: 48 } });
    worker.unref();
    worker.on('message', (answer: RulesAnswer) => this.take(answer));
    worker.on('error', (error) => this.fail(worker, error.message));
    return worker;
  }

  private take({ id, violations, error }: RulesAnswer): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(violations);
    else waiting?.reject(failure(error));
  }

  /** Whoever waits hears of it; the next question starts a thread anew. */
  private fail(worker: Worker, why: string): void {
    if (this.worker !== worker) return;
    void this.stop();
    for (const { reject } of this.waiting.values()) reject(failure(why));
    this.waiting.clear();
  }
}

function failure(why: string): AppError {
  return new AppError(ErrorReason.INTERNAL, `The rules of the contract could not be checked: ${why}.`);
}
