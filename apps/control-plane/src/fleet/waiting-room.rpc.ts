import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type DecideWaitingServerRequest,
  FleetService as FleetContract,
  type WaitingServer,
  WaitingServerSchema,
} from '@ostler/contracts';
import { audit, RpcRegistry } from '../platform/rpc';
import { FleetService } from './fleet.service';
import type { WaitingRow } from './waiting-room.repository';
import { WaitingRoom } from './waiting-room.service';

@Injectable()
export class WaitingRoomRpc implements OnModuleInit, Partial<ServiceImpl<typeof FleetContract>> {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly room: WaitingRoom,
    private readonly fleet: FleetService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(FleetContract, this);
  }

  async listWaitingServers() {
    return { waitingServers: (await this.room.waiting()).map(toWaitingServer) };
  }

  async decideWaitingServer({ uid, letIn }: DecideWaitingServerRequest) {
    audit.note({ subject: `Waiting server ${uid}`, message: letIn ? 'let in' : 'turned away' });
    const server = await this.room.decide(uid, letIn);
    return server ? { server: await this.fleet.get(server.name) } : {};
  }
}

export function toWaitingServer(row: WaitingRow): WaitingServer {
  return create(WaitingServerSchema, {
    uid: row.uid,
    name: row.name,
    hostname: row.hostname,
    address: row.address,
    agentVersion: row.agent_version,
    keyFingerprint: `sha256//${row.key_sha256.toString('base64')}`,
    askedAt: timestampFromDate(row.asked_at),
    lastAskedAt: timestampFromDate(row.last_asked_at),
    joinTokenUid: row.token_uid,
    joinTokenDescription: row.description,
  });
}
