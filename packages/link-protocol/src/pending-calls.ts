import { ErrorReason } from '@ostler/contracts';
import { AppError, type Clock, type Timer } from '@ostler/kernel';

interface PendingCall<T> {
  readonly resolve: (answer: T) => void;
  readonly reject: (error: AppError) => void;
  readonly timer: Timer;
}

/** Questions that travel as frames and wait for the answer with the same id. */
export class PendingCalls<T> {
  private readonly calls = new Map<string, PendingCall<T>>();

  constructor(
    private readonly clock: Clock,
    private readonly peer: string,
  ) {}

  /** Rejects with DEADLINE_EXCEEDED after `timeoutMs`, with SERVER_UNREACHABLE when the lane ends. */
  ask(id: string, timeoutMs: number, send: () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = this.clock.after(timeoutMs, () => {
        this.calls.delete(id);
        reject(
          new AppError(ErrorReason.DEADLINE_EXCEEDED, `${this.peer} did not answer within ${timeoutMs} ms.`),
        );
      });
      this.calls.set(id, { resolve, reject, timer });
      send();
    });
  }

  /** An answer that nobody waits for (any more) is dropped. */
  answer(id: string, answer: T): void {
    const call = this.calls.get(id);
    this.calls.delete(id);
    call?.timer.cancel();
    call?.resolve(answer);
  }

  end(reason: ErrorReason): void {
    for (const call of this.calls.values()) {
      call.timer.cancel();
      call.reject(new AppError(reason, `The connection to ${this.peer} ended before it answered.`));
    }
    this.calls.clear();
  }
}
