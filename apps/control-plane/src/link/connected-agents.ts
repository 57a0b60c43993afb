import { Injectable } from '@nestjs/common';
import {
  type ChallengeServe,
  type ChallengeServed,
  ErrorReason,
  type OperationStart,
  type PlanRequest,
  PlanRequestSchema,
  type PlanResult,
} from '@ostler/contracts';
import { create, toBinary } from '@bufbuild/protobuf';
import { AppError, newUid, systemClock } from '@ostler/kernel';
import type { ControlPlaneControlLane, GoAwayReason } from '@ostler/link-protocol';
import type { AgentServer } from './features';

export interface ConnectedAgent {
  readonly server: AgentServer;
  readonly instanceId: string;
  readonly lane: ControlPlaneControlLane;
  /** What its hello said; 0 and empty when nothing. */
  readonly counter: bigint;
  readonly machine: string;
  /** Since when, by this process's clock. */
  readonly sinceMs: number;
}

interface OpenStream {
  readonly of: 'control' | 'telemetry' | 'content';
  readonly end: (why: GoAwayReason, retryAfterMs?: number) => void;
}

/** A plan request is one frame; grpc-js refuses more than 4 MiB. */
const MOST_PLAN_BYTES = 3 * 1024 * 1024;

/** The agents whose control lane ends in this process: one lane per server. */
@Injectable()
export class ConnectedAgents {
  private readonly agents = new Map<string, ConnectedAgent>();
  /** Every open stream of a server, whatever it carries: they end with the server. */
  private readonly streams = new Map<string, Set<OpenStream>>();
  private readonly replaced = new Map<string, Set<string>>();
  /** Agents about which an operator has to decide: they are welcome and are handed nothing. */
  private readonly heldAgents = new Map<string, Set<ConnectedAgent>>();

  get(serverUid: string): ConnectedAgent | undefined {
    return this.agents.get(serverUid);
  }

  uids(): string[] {
    return [...this.agents.keys()];
  }

  /** Servers with any stream here, let in or held. */
  openUids(): string[] {
    return [...new Set([...this.streams.keys(), ...this.heldAgents.keys()])];
  }

  /** An agent stays connected without being the one that speaks for its server; returns how to forget it. */
  hold(agent: ConnectedAgent): () => void {
    const { uid } = agent.server;
    const held = this.heldAgents.get(uid) ?? new Set();
    this.heldAgents.set(uid, held.add(agent));
    return () => {
      held.delete(agent);
      if (held.size === 0 && this.heldAgents.get(uid) === held) this.heldAgents.delete(uid);
    };
  }

  held(serverUid: string): ConnectedAgent[] {
    return [...(this.heldAgents.get(serverUid) ?? [])];
  }

  /** Every agent that is let in. */
  all(): ConnectedAgent[] {
    return [...this.agents.values()];
  }

  /**
   * Takes the place of the lane before. An instance that was replaced while it lived and comes back while
   * its successor lives is a second agent with the same key (a copied disk): it is refused.
   */
  replace(agent: ConnectedAgent): 'taken' | 'refused' {
    const { uid } = agent.server;
    const before = this.agents.get(uid);
    const replaced = this.replaced.get(uid) ?? new Set<string>();
    if (before && before.instanceId !== agent.instanceId) {
      if (replaced.has(agent.instanceId)) return 'refused';
      replaced.add(before.instanceId);
      this.replaced.set(uid, replaced);
    }
    replaced.delete(agent.instanceId);
    this.agents.set(uid, agent);
    before?.lane.goAway('REPLACED', 'A newer connection of this server took over.', REPLACED_RETRY_MS);
    return 'taken';
  }

  /** Does nothing when another lane has taken its place. */
  remove(agent: ConnectedAgent): boolean {
    if (this.agents.get(agent.server.uid)?.lane !== agent.lane) return false;
    this.agents.delete(agent.server.uid);
    return true;
  }

  /** Remembers how to end a stream; returns how to forget it. */
  opened(serverUid: string, of: OpenStream['of'], end: OpenStream['end']): () => void {
    const stream = { of, end };
    const streams = this.streams.get(serverUid) ?? new Set();
    this.streams.set(serverUid, streams.add(stream));
    return () => {
      streams.delete(stream);
      if (streams.size === 0 && this.streams.get(serverUid) === streams) this.streams.delete(serverUid);
    };
  }

  /** Ends everything that this server has open here. */
  disconnect(serverUid: string, reason: GoAwayReason, retryAfterMs?: number): void {
    for (const { end } of this.streams.get(serverUid) ?? []) end(reason, retryAfterMs);
  }

  /** Open streams by what they carry. */
  streamCounts(): Record<OpenStream['of'], number> {
    const counts = { control: 0, telemetry: 0, content: 0 };
    for (const streams of this.streams.values()) for (const { of } of streams) counts[of] += 1;
    return counts;
  }

  hasTelemetry(serverUid: string): boolean {
    return [...(this.streams.get(serverUid) ?? [])].some(({ of }) => of === 'telemetry');
  }

  /**
   * The time of a question to the agent and its answer, in milliseconds: a plan of nothing, which goes the way
   * of every question and changes nothing. @throws AppError SERVER_UNREACHABLE or DEADLINE_EXCEEDED
   */
  async roundTripMs(serverUid: string, timeoutMs: number): Promise<number> {
    const startMs = systemClock.monotonic();
    await this.require(serverUid).lane.plan(create(PlanRequestSchema, { planId: newUid() }), timeoutMs);
    return systemClock.monotonic() - startMs;
  }

  /** @throws AppError SERVER_UNREACHABLE, DEADLINE_EXCEEDED, or LIMIT_EXCEEDED when it is too large to ask. */
  async plan(serverUid: string, request: PlanRequest, timeoutMs: number): Promise<PlanResult> {
    if (toBinary(PlanRequestSchema, request).length > MOST_PLAN_BYTES) {
      throw new AppError(
        ErrorReason.LIMIT_EXCEEDED,
        'The plan is too large to be made on the server at once.',
      );
    }
    return this.require(serverUid).lane.plan(request, timeoutMs);
  }

  /** False when it is not connected: the operation stays pending. */
  startOperation(serverUid: string, start: OperationStart): boolean {
    return this.agents.get(serverUid)?.lane.startOperation(start) ?? false;
  }

  cancelOperation(serverUid: string, operationUid: string): boolean {
    return this.agents.get(serverUid)?.lane.cancelOperation(operationUid) ?? false;
  }

  async serveChallenge(
    serverUid: string,
    challenge: ChallengeServe,
    timeoutMs: number,
  ): Promise<ChallengeServed> {
    return this.require(serverUid).lane.serveChallenge(challenge, timeoutMs);
  }

  /** There may be a newer manifest for some servers: those that are connected read the latest. */
  pokeManifests(serverUids: Iterable<string> = this.agents.keys()): void {
    for (const uid of serverUids) this.agents.get(uid)?.lane.pokeManifest();
  }

  private require(serverUid: string): ConnectedAgent {
    const agent = this.agents.get(serverUid);
    if (agent) return agent;
    throw new AppError(ErrorReason.SERVER_UNREACHABLE, 'The server is not connected.');
  }
}

export const REPLACED_RETRY_MS = 60_000;
