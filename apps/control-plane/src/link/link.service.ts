import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ContentService, ControlLaneService, TelemetryLaneService, TrustService } from '@ostler/contracts';
import { systemClock, type Timer } from '@ostler/kernel';
import { AGENT_LISTENER_NAME, AuthorityService } from '../authority';
import { Config } from '../config';
import { Log } from '../platform/log';
import { AgentListener, type ListenerTrust } from './agent-listener';
import { ConnectedAgents } from './connected-agents';
import { ContentRpc } from './content.rpc';
import type { Admissions } from './hello-gate';
import { LanesRpc } from './lanes.rpc';
import { restartDelays } from './restart-delays';
import { TrustRpc } from './trust.rpc';

const DAY_MS = 86_400_000;
const CLOSE_GRACE_MS = 2000;

/** Opens and closes the agents' listener. */
@Injectable()
export class LinkService implements OnApplicationShutdown {
  private listener: AgentListener | undefined;
  private rotation: Timer | undefined;
  private off: (() => void) | undefined;

  constructor(
    private readonly config: Config,
    private readonly authority: AuthorityService,
    private readonly lanes: LanesRpc,
    private readonly content: ContentRpc,
    private readonly trust: TrustRpc,
    private readonly agents: ConnectedAgents,
    private readonly log: Log,
  ) {}

  /** The port that agents dial. @throws when it is taken; may then be called again with another. */
  async listen(port = this.config.values.agentPort): Promise<number> {
    const listener = new AgentListener({
      host: this.config.values.publicListen,
      port,
      trust: await this.makeTrust(),
      refused: (why, address) =>
        this.log.debug(`refused a connection to the agents' listener: ${why}`, { address }),
    });
    listener.serve(ControlLaneService, this.lanes.control);
    listener.serve(TelemetryLaneService, this.lanes.telemetry);
    listener.serve(ContentService, this.content.handlers);
    listener.serve(TrustService, this.trust.handlers);
    const taken = await listener.listen();
    this.listener = listener;
    this.rotateLater(listener);
    this.off = this.authority.onChanged(() => this.authorityChanged(listener));
    return taken;
  }

  /** Tells every agent when to come back, then closes. */
  async close(): Promise<void> {
    this.rotation?.cancel();
    this.off?.();
    const delays = restartDelays(this.agents.openUids().length);
    for (const uid of this.agents.openUids()) this.agents.disconnect(uid, 'RESTARTING', delays.next().value);
    await this.listener?.close(CLOSE_GRACE_MS);
    this.listener = undefined;
  }

  get isListening(): boolean {
    return this.listener !== undefined;
  }

  /** Hellos that were let in, and that were told to come later, since the start. */
  get admissions(): Admissions {
    return this.lanes.admissions;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  private async makeTrust(): Promise<ListenerTrust> {
    const { key, certificateChain } = await this.authority.issueForListener([AGENT_LISTENER_NAME]);
    return { key, certificateChain, trusted: this.authority.trustedByListener() };
  }

  /** The certificate lives for a year; a process that lives longer replaces it every day. */
  private rotateLater(listener: AgentListener): void {
    this.rotation = systemClock.after(DAY_MS, () => {
      this.replaceTrust(listener);
      this.rotateLater(listener);
    });
  }

  /** Agents that are connected keep the new roots before the old one is gone. */
  private authorityChanged(listener: AgentListener): void {
    this.replaceTrust(listener);
    for (const { lane } of this.agents.all()) lane.trustBundle(this.authority.caBundle());
  }

  private replaceTrust(listener: AgentListener): void {
    this.makeTrust().then(
      (trust) => listener.replaceTrust(trust),
      (error: unknown) => this.log.warn(`the listener's certificate could not be replaced: ${String(error)}`),
    );
  }
}
