import { fromBinary } from '@bufbuild/protobuf';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  Operation_State,
  type OperationReport,
  OperationReport_State,
  OperationSpecSchema,
  type TelemetryFrame,
} from '@ostler/contracts';
import { Gather, isUuid, messageOf, systemClock, type Timer } from '@ostler/kernel';
import { AgentFeatures, type AgentServer, ConnectedAgents, type OperationSink } from '../link';
import { isDatabaseAway, UnitOfWork, Wake } from '../platform/db';
import { failpoint } from '../platform/failpoints';
import { Log } from '../platform/log';
import { toStart } from './operation-kinds';
import { OperationNews } from './operation-news';
import { type End, OperationRepository, type OperationRow } from './operation.repository';
import { OutputRepository } from './output.repository';
import { SignedReleases } from './signed-releases';

/** Progress that is replaced within this time, or overtaken by the end, is never written. */
const PROGRESS_DELAY_MS = 100;
/** Of one statement. */
const MOST_SERVERS = 128;

const ends: Partial<Record<OperationReport_State, Operation_State>> = {
  [OperationReport_State.SUCCEEDED]: Operation_State.SUCCEEDED,
  [OperationReport_State.FAILED]: Operation_State.FAILED,
  [OperationReport_State.CANCELLED]: Operation_State.CANCELLED,
  [OperationReport_State.INTERRUPTED]: Operation_State.INTERRUPTED,
  [OperationReport_State.EXPIRED]: Operation_State.EXPIRED,
};

/**
 * Hands operations to agents and takes what they say.
 *
 *   pending --sent, taken--> running --the agent's end--> succeeded, failed, cancelled, interrupted, expired
 *      |                        '-- the agent came back without it: interrupted
 *      '-- cancelled before it was sent: cancelled;  not taken by its deadline: expired
 *
 * An end is written once; a later one is acknowledged and changes nothing.
 */
@Injectable()
export class OperationDispatcher implements OnModuleInit, OperationSink {
  /** Sent by this process: the agent may have them although it has not said so yet. */
  private readonly sent = new Set<string>();
  /** A fleet that comes back is asked about together. */
  private readonly notEnded = new Gather<string, OperationRow[]>((uids) => this.notEndedOn(uids), {
    most: MOST_SERVERS,
    isForAll: isDatabaseAway,
  });
  private readonly progress = new Map<string, { report: OperationReport; readonly timer: Timer }>();

  constructor(
    private readonly features: AgentFeatures,
    private readonly agents: ConnectedAgents,
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly news: OperationNews,
    private readonly operations: OperationRepository,
    private readonly outputs: OutputRepository,
    private readonly releases: SignedReleases,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.features.register({ operations: this });
  }

  /** After the commit that stored it. When the server is not connected it goes with the next hello. */
  dispatch(row: OperationRow): void {
    const spec = fromBinary(OperationSpecSchema, row.spec);
    const { uid, deadline, request_id: requestId, traceparent } = row;
    const told = { uid, deadline, requestId, traceparent };
    const start = toStart(told, spec, (version) => this.releases.get(version));
    if (start && this.agents.startOperation(row.server_uid, start)) this.sent.add(row.uid);
  }

  /** True when no agent can have it. */
  wasNeverSent(row: OperationRow): boolean {
    return (
      row.state === Operation_State.PENDING && !this.sent.has(row.uid) && !this.agents.get(row.server_uid)
    );
  }

  cancel(row: OperationRow): void {
    this.agents.cancelOperation(row.server_uid, row.uid);
  }

  connected(server: AgentServer, known: readonly string[]): void {
    this.resume(server, new Set(known)).catch((error: unknown) =>
      this.log.warn(`operations of ${server.name} could not be sent: ${messageOf(error)}`),
    );
  }

  /**
   * Sends what was stored and never sent although its server is connected: the answer to its commit was lost,
   * or another process stored it. Young ones are left alone: they are being sent.
   */
  async sendOverlooked(olderThanSeconds: number): Promise<void> {
    // One that ends while we read was sent before: it must not look as if it never was.
    const before = new Set(this.sent);
    const rows = await this.unitOfWork.asSystem('operations', () =>
      this.operations.pendingOn(this.agents.uids(), olderThanSeconds),
    );
    for (const row of rows) {
      if (before.has(row.uid) || this.sent.has(row.uid)) continue;
      if (row.cancel_requested) await this.endHere(row, cancelledUnsent);
      else this.dispatch(row);
    }
  }

  async report(server: AgentServer, report: OperationReport): Promise<boolean> {
    if (!isUuid(report.uid)) return true;
    const state = ends[report.state];
    if (state === undefined) return this.keepProgress(server, report);
    this.dropProgress(report.uid);
    const { reason, message } = report;
    const { rows } = await this.unitOfWork.asSystem('operations', async () => {
      const sent = this.operations.end(server.uid, report, { state, reason, message });
      this.wake.notify('operations');
      failpoint('operation-end.written');
      return { rows: sent };
    });
    const [ended] = await rows;
    failpoint('operation-end.committed');
    this.sent.delete(report.uid);
    this.news.tell(report.uid, ended);
    return true;
  }

  async output(server: AgentServer, frames: readonly TelemetryFrame[]): Promise<void> {
    const uids = await this.unitOfWork.asSystem('operations', () => this.outputs.append(server.uid, frames));
    for (const uid of uids) this.news.tell(uid);
  }

  private async resume(server: AgentServer, known: ReadonlySet<string>): Promise<void> {
    for (const row of await this.notEnded.ask(server.uid)) {
      if (known.has(row.uid)) {
        this.sent.add(row.uid);
        if (row.cancel_requested) this.cancel(row);
      } else if (row.state === Operation_State.RUNNING) {
        await this.endHere(row, forgotten);
      } else if (row.cancel_requested) {
        await this.endHere(row, cancelledUnsent);
      } else {
        this.dispatch(row);
      }
    }
  }

  private async notEndedOn(serverUids: readonly string[]): Promise<OperationRow[][]> {
    const rows = await this.unitOfWork.asSystem('operations', () => this.operations.notEndedOn(serverUids));
    const byServer = Map.groupBy(rows, ({ server_uid }) => server_uid);
    return serverUids.map((uid) => byServer.get(uid) ?? []);
  }

  private async endHere(row: OperationRow, end: End): Promise<void> {
    await this.unitOfWork.asSystem('operations', async () => {
      if (await this.operations.endHere(row.uid, end)) this.wake.notify('operations');
    });
    this.news.tell(row.uid);
  }

  /** Answers at once; the database hears of it unless the end comes first. */
  private async keepProgress(server: AgentServer, report: OperationReport): Promise<boolean> {
    const waiting = this.progress.get(report.uid);
    if (waiting) {
      waiting.report = report;
      return false;
    }
    const timer = systemClock.after(PROGRESS_DELAY_MS, () => {
      const latest = this.dropProgress(report.uid);
      if (!latest) return;
      this.writeProgress(server, latest).catch((error: unknown) =>
        this.log.warn(`progress of an operation could not be kept: ${messageOf(error)}`),
      );
    });
    this.progress.set(report.uid, { report, timer });
    return false;
  }

  private async writeProgress(server: AgentServer, report: OperationReport): Promise<void> {
    const before = await this.unitOfWork.asSystem('operations', async () => {
      const row = await this.operations.isEnded(report.uid, server.uid);
      if (row?.ended !== false) return row;
      await this.operations.progress(server.uid, report);
      this.wake.notify('operations');
      return row;
    });
    // It ended here while the server was away, or was never meant for it: it must not go on there.
    if (before?.ended !== false) this.agents.cancelOperation(server.uid, report.uid);
    this.news.tell(report.uid);
  }

  private dropProgress(uid: string): OperationReport | undefined {
    const waiting = this.progress.get(uid);
    waiting?.timer.cancel();
    this.progress.delete(uid);
    return waiting?.report;
  }
}

const forgotten: End = {
  state: Operation_State.INTERRUPTED,
  reason: 'AGENT_FORGOT',
  message: 'The agent came back without it. How far it came is not known; it is not run again by itself.',
};

export const cancelledUnsent: End = {
  state: Operation_State.CANCELLED,
  reason: 'CANCELLED',
  message: 'Cancelled before the server took it. Nothing was done.',
};
