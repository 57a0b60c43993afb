import { create } from '@bufbuild/protobuf';
import { ConditionSchema, ConditionStatus, type Kind } from '@ostler/contracts';
import { AppError, type ResourceUid } from '@ostler/kernel';
import type { Files } from '../host/fs';
import type {
  Driver,
  DriverContext,
  Output,
  PlacedResource,
  PreviewChange,
  Previewed,
  Reconciled,
} from '../reconcile';

/**
 * A driver whose effect is one file for each resource, with its generation and what it saw of its
 * references. What a test sets makes it fail, wait or publish.
 */
export class FakeDriver implements Driver {
  /** By uid: how often it was reconciled. */
  readonly runs = new Map<string, number>();
  /** By name: thrown by the next reconciles. */
  readonly failures = new Map<string, Error>();
  /** By name: what it publishes. */
  readonly outputs = new Map<string, Output>();
  /** By name: the reconcile waits for it, parked. */
  readonly waits = new Map<string, Promise<void>>();
  /** Names that `check` refuses. */
  readonly refused = new Set<string>();
  mostAtOnce = 0;
  private atOnce = 0;

  constructor(
    readonly kind: Kind,
    private readonly files: Files,
    private readonly folder: string,
  ) {}

  check({ name }: PlacedResource): void {
    if (this.refused.has(name)) throw AppError.invalid('name', 'REFUSED', 'the driver does not like it.');
  }

  async reconcile(
    resource: PlacedResource,
    context: DriverContext,
    signal: AbortSignal,
  ): Promise<Reconciled> {
    const { uid, name, generation } = resource;
    this.runs.set(uid, (this.runs.get(uid) ?? 0) + 1);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    try {
      const failure = this.failures.get(name);
      if (failure) throw failure;
      const wait = this.waits.get(name);
      if (wait) await context.parked(() => Promise.race([wait, aborted(signal)]));
      signal.throwIfAborted();
      const seen = resource.edges.map((edge) => context.output(edge.uid)?.fingerprint ?? 'nothing');
      await this.write(uid, [`generation ${generation}`, ...seen].join(', '));
      return { conditions: [ready()], output: this.outputs.get(name) };
    } finally {
      this.atOnce -= 1;
    }
  }

  async remove(uid: ResourceUid): Promise<void> {
    await this.files.removeTree(`${this.folder}/${uid}`);
  }

  async preview(changes: readonly PreviewChange[]): Promise<Previewed> {
    const actions = changes.map(({ uid, resource }) => `${resource ? 'write' : 'remove'} ${uid}`);
    return { valid: true, message: '', files: [], actions };
  }

  private async write(uid: string, text: string): Promise<void> {
    const path = `${this.folder}/${uid}`;
    const before = await this.files.read(path);
    if (before && Buffer.from(before).toString() === text) return;
    await this.files.writeAtomic(path, text, { mode: 0o644 });
  }
}

function ready() {
  return create(ConditionSchema, { type: 'Ready', status: ConditionStatus.TRUE, reason: 'APPLIED' });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
