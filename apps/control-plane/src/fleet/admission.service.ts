import { Inject, Injectable } from '@nestjs/common';
import { ErrorReason } from '@ostler/contracts';
import { AppError, newUid } from '@ostler/kernel';
import { ConnectedAgents } from '../link';
import { afterCommit, Wake } from '../platform/db';
import { AuditSink } from '../platform/rpc';
import { ServerChanges } from '../resources';
import { JoinTokenRepository, type JoinTokenRow } from './join-token.repository';
import { type JoinedServer, type JoiningMachine, JoiningServerRepository } from './joining-server.repository';
import { toServerName, uniqueName } from './server-names';
import { ServerRepository } from './server.repository';

/** Makes a machine a server, by a token that may be spent; within the caller's unit of work, as the system. */
@Injectable()
export class ServerAdmission {
  constructor(
    private readonly wake: Wake,
    private readonly tokens: JoinTokenRepository,
    private readonly servers: ServerRepository,
    private readonly joining: JoiningServerRepository,
    private readonly placements: ServerChanges,
    private readonly agents: ConnectedAgents,
    @Inject(AuditSink) private readonly sink: AuditSink,
  ) {}

  /** @throws AppError ALREADY_EXISTS for a key that is known, NOT_FOUND when the server to replace is gone. */
  async admit(token: JoinTokenRow, machine: JoiningMachine): Promise<JoinedServer> {
    if (await this.tokens.isKeyKnown(machine.keySha256)) throw knownKey();
    const server = token.replaces_server_uid
      ? await this.replace(token.replaces_server_uid, machine)
      : await this.add(token, machine);
    await this.tokens.spend(token, server.uid, machine.keySha256, machine.address);
    await this.placements.placementsChanged(server.uid);
    if (token.replaces_server_uid) await this.placements.connectionChanged(server.uid);
    await this.record(token, server, machine.address);
    this.wake.notify('servers');
    return server;
  }

  private async add(token: JoinTokenRow, machine: JoiningMachine): Promise<JoinedServer> {
    const wished = toServerName(machine.name);
    const taken = await this.servers.namesWith(token.tenant_uid, wished.slice(0, SHARED_PREFIX));
    const server = { uid: newUid<'Server'>(), name: uniqueName(wished, (name) => taken.has(name)) };
    await this.joining.insert(server, token, machine);
    return server;
  }

  private async replace(serverUid: string, machine: JoiningMachine): Promise<JoinedServer> {
    const server = await this.joining.takeForReplacement(serverUid);
    if (!server) throw AppError.notFound('The server that this token replaces');
    await this.joining.replaceMachine(serverUid, server.key_sha256, machine);
    afterCommit(() => this.agents.disconnect(serverUid, 'REVOKED'));
    return server;
  }

  private record(token: JoinTokenRow, server: JoinedServer, address: string): Promise<void> {
    return this.sink.append([
      {
        tenantUid: token.tenant_uid,
        actor: `join token ${token.description || token.uid}`,
        actorUid: token.uid,
        method: 'ostler.link.v1.JoinService/Join',
        outcome: 'done',
        reason: ErrorReason.UNSPECIFIED,
        requestId: '',
        address,
        subject: `Server ${server.name}`,
        ...(token.replaces_server_uid && { message: 'another machine in its place' }),
      },
    ]);
  }
}

/** A number is put in place of the end of a long name: all that share this much are looked at. */
const SHARED_PREFIX = 50;

function knownKey(): AppError {
  const message =
    'A server with this key has joined already, or was shut out. If its disk was copied, remove the identity ' +
    'folder first.';
  return new AppError(ErrorReason.ALREADY_EXISTS, message);
}
