import { hostname } from 'node:os';

import { create, fromBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  ConditionStatus,
  ManifestIndexSchema,
  OperationReport_State,
  OperationReportSchema,
  type OperationStart,
  OutputBatchSchema,
  ServerReportSchema,
  type TelemetryFrame,
  TelemetryFrameSchema,
} from '@ostler/contracts';
import { newUid, systemClock } from '@ostler/kernel';
import { FakeFiles } from '../../apps/agent/src/host/fs/fake';
import { createLink, join, type RunningLink } from '../../apps/agent/src/link';
import type { AgentCore, Fence, StoreOutcome } from '../../apps/agent/src/link/core.port';
import { createJsonLog } from '../../apps/agent/src/telemetry';
import { MemoryAgent } from '../../packages/link-protocol/src/memory.fake';

const AGENT_VERSION = '0.0.0-simulated';
const FOLDER = '/identity';
const MOST_BATCH_BYTES = 65_536;

/** What an agent does behind its lanes, without a server: manifests are Ready at once, operations succeed at once. */
class SimulatedCore extends MemoryAgent implements AgentCore {
  frames: TelemetryFrame[] = [];
  private telemetrySequence = 0n;
  private readonly written = new Map<string, bigint>();
  acknowledgedTelemetry = 0n;
  /** When the last manifest was stored, in milliseconds since the epoch. */
  storedAtMs = 0;

  constructor(
    private readonly name: string,
    private readonly news: () => void,
  ) {
    super();
  }

  override serverReport = () =>
    Promise.resolve(
      create(ServerReportSchema, {
        hostname: `${this.name}.${hostname()}`,
        os: 'Debian GNU/Linux 12 (bookworm)',
        kernel: '6.1.0',
        architecture: 'x86_64',
        cpus: 2,
        memoryBytes: 2n * 1024n ** 3n,
        addresses: ['192.0.2.1'],
        nginxVersion: '1.22.1',
        httpPort: 80,
        httpsPort: 443,
        capabilities: [{ name: 'nginx', available: true, detail: '1.22.1' }],
      }),
    );

  override async storeManifest(fence: Fence, index?: Uint8Array): Promise<StoreOutcome> {
    const outcome = await super.storeManifest(fence);
    this.storedAtMs = Date.now();
    const { entries } = fromBinary(ManifestIndexSchema, index ?? new Uint8Array());
    const now = timestampFromMs(systemClock.now());
    for (const { uid, generation } of entries) {
      this.report(uid, generation, {
        observedEpoch: fence.epoch,
        reportedAt: now,
        conditions: [
          {
            type: 'Ready',
            status: ConditionStatus.TRUE,
            reason: 'SERVED',
            message: 'Simulated.',
            lastTransitionAt: now,
            observedGeneration: generation,
          },
        ],
      });
    }
    return outcome;
  }

  override async startOperation(start: OperationStart): Promise<void> {
    if (this.operations.has(start.uid)) return;
    this.effects.set(start.uid, (this.effects.get(start.uid) ?? 0) + 1);
    const data = Buffer.from('simulated\n');
    const now = timestampFromMs(systemClock.now());
    this.operations.set(
      start.uid,
      create(OperationReportSchema, {
        uid: start.uid,
        state: OperationReport_State.SUCCEEDED,
        outputBytes: BigInt(data.length),
        startedAt: now,
        endedAt: now,
      }),
    );
    this.sendOutput(start.uid, data);
    await Promise.resolve();
  }

  /** Something for the telemetry lane to carry. */
  sendOutput(operationUid: string, data: Uint8Array): void {
    this.telemetrySequence += 1n;
    const offset = this.written.get(operationUid) ?? 0n;
    this.written.set(operationUid, offset + BigInt(data.length));
    const value = create(OutputBatchSchema, { operationUid, offset, data });
    const batch = { case: 'output' as const, value };
    this.frames.push(create(TelemetryFrameSchema, { sequence: this.telemetrySequence, batch }));
    this.news();
  }

  pendingTelemetry(after: bigint, _mostBytes: number): TelemetryFrame[] {
    return this.frames.filter(({ sequence }) => sequence > after);
  }

  acknowledgeTelemetry(sequence: bigint): void {
    this.acknowledgedTelemetry = sequence;
    this.frames = this.frames.filter((frame) => frame.sequence > sequence);
  }
}

/** An agent with the real link (lanes, TLS, back-off, recovery) and nothing behind it. */
export class SimulatedAgent {
  private readonly files = new FakeFiles();
  private readonly core: SimulatedCore;
  private link: RunningLink | undefined;

  constructor(readonly name: string) {
    this.core = new SimulatedCore(name, () => this.link?.pokeTelemetry());
    this.core.poke = () => this.link?.pokeStatus();
  }

  async join(controlUrl: string, token: string, caPin: string): Promise<void> {
    const options = { controlUrl, token, caPin, name: this.name, agentVersion: AGENT_VERSION };
    await join(options, { files: this.files, identityFolder: FOLDER });
  }

  async start(agentAddress?: string): Promise<void> {
    this.link = await createLink({
      core: this.core,
      identityFolder: FOLDER,
      identity: { agentVersion: AGENT_VERSION, featureLevel: 1, bootId: 'simulated', instanceId: newUid() },
      files: this.files,
      clock: systemClock,
      log: createJsonLog({ clock: systemClock, level: 'error', write: () => undefined }),
      reach: { agentAddress },
    });
    this.link.start();
  }

  stop(): Promise<void> {
    return this.link?.stop() ?? Promise.resolve();
  }

  get isStarted(): boolean {
    return this.link !== undefined;
  }

  get connected(): boolean {
    return this.link?.connected ?? false;
  }

  get storedRevision(): bigint {
    return this.core.stored.revision;
  }

  get storedAtMs(): number {
    return this.core.storedAtMs;
  }

  get unacknowledgedTelemetry(): number {
    return this.core.frames.length;
  }

  get unacknowledgedOperations(): number {
    return this.core.operations.size;
  }

  /** The most often that any operation took effect: never more than once. */
  get mostEffects(): number {
    return Math.max(0, ...this.core.effects.values());
  }

  /** Output that only the telemetry lane can carry; it belongs to the last operation that ran here. */
  speak(bytes = 16): void {
    const [last] = [...this.core.effects.keys()].slice(-1);
    for (let left = last === undefined ? 0 : bytes; left > 0; left -= MOST_BATCH_BYTES)
      this.core.sendOutput(last!, Buffer.alloc(Math.min(left, MOST_BATCH_BYTES), '.'));
  }
}
