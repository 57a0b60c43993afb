import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type CreateJoinTokenRequest,
  FleetService as FleetContract,
  type JoinToken,
  JoinTokenSchema,
  type RevokeJoinTokenRequest,
} from '@ostler/contracts';
import { audit, currentCall, RpcRegistry } from '../platform/rpc';
import { JoinTokenService, type ListedToken } from './join-token.service';

const DEFAULT_LIFETIME_SECONDS = 3600;

@Injectable()
export class JoinTokenRpc implements OnModuleInit, Partial<ServiceImpl<typeof FleetContract>> {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly tokens: JoinTokenService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(FleetContract, this);
  }

  async createJoinToken(request: CreateJoinTokenRequest) {
    audit.note({ subject: `Join token ${request.description}` });
    const { tenantUid, actor } = currentCall();
    const { listed, ...shownOnce } = await this.tokens.create({
      tenantUid,
      createdBy: actor,
      description: request.description,
      labels: request.labels,
      lifetimeSeconds: request.lifetimeSeconds || DEFAULT_LIFETIME_SECONDS,
      maximumUses: request.maximumUses || 1,
      waitingRoom: request.waitingRoom,
      replacesServer: request.replacesServer,
    });
    return { joinToken: toJoinToken(listed), ...shownOnce };
  }

  async listJoinTokens() {
    return { joinTokens: (await this.tokens.list()).map(toJoinToken) };
  }

  async revokeJoinToken({ uid }: RevokeJoinTokenRequest) {
    audit.note({ subject: `Join token ${uid}` });
    await this.tokens.revoke(uid);
    return {};
  }
}

function toJoinToken({ row, replacesServer, usedBy }: ListedToken): JoinToken {
  return create(JoinTokenSchema, {
    uid: row.uid,
    description: row.description,
    createdAt: timestampFromDate(row.created_at),
    expiresAt: timestampFromDate(row.expires_at),
    maximumUses: row.maximum_uses,
    uses: row.uses,
    revoked: row.revoked_at !== null,
    labels: row.labels,
    waitingRoom: row.waiting_room,
    replacesServer,
    createdBy: row.created_by,
    usedBy: usedBy.map(({ server, joined_at, address }) => ({
      server: server ?? '',
      joinedAt: timestampFromDate(joined_at),
      address,
    })),
  });
}
