import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type CreateJoinTokenRequest,
  FleetService as FleetContract,
  type GetServerRequest,
  type JoinToken,
  JoinTokenSchema,
  type ListServersRequest,
  type RevokeJoinTokenRequest,
  type UpdateServerRequest,
} from '@ostler/contracts';
import { audit, currentCall, pageTokenAfter, positionOf, RpcRegistry } from '../platform/rpc';
import { FleetService } from './fleet.service';
import type { JoinTokenRow } from './join-token.repository';

const DEFAULT_PAGE = 100;
const DEFAULT_TOKEN_SECONDS = 3600;

@Injectable()
export class FleetRpc implements OnModuleInit, Partial<ServiceImpl<typeof FleetContract>> {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly fleet: FleetService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(FleetContract, this);
  }

  async listServers({ labels, search, pageSize, pageToken }: ListServersRequest) {
    const filter = { labels, search };
    const limit = pageSize || DEFAULT_PAGE;
    const page = await this.fleet.list(filter, positionOf(pageToken, filter) ?? '', limit);
    const last = page.servers.at(-1);
    const isFull = page.servers.length === limit;
    return { ...page, nextPageToken: isFull && last ? pageTokenAfter(last.name, filter) : '' };
  }

  async getServer({ name }: GetServerRequest) {
    return { server: await this.fleet.get(name) };
  }

  async updateServer({ name, displayName, labels }: UpdateServerRequest) {
    audit.note({ subject: `Server ${name}` });
    return { server: await this.fleet.update(name, displayName, labels) };
  }

  async createJoinToken(request: CreateJoinTokenRequest) {
    audit.note({ subject: `Join token ${request.description}` });
    const { row, token, command } = await this.fleet.createToken({
      tenantUid: currentCall().tenantUid,
      description: request.description,
      labels: request.labels,
      lifetimeSeconds: request.lifetimeSeconds || DEFAULT_TOKEN_SECONDS,
      maximumUses: request.maximumUses || 1,
    });
    return { joinToken: toJoinToken(row), token, command };
  }

  async listJoinTokens() {
    return { joinTokens: (await this.fleet.listTokens()).map(toJoinToken) };
  }

  async revokeJoinToken({ uid }: RevokeJoinTokenRequest) {
    audit.note({ subject: `Join token ${uid}` });
    await this.fleet.revokeToken(uid);
    return {};
  }
}

function toJoinToken(row: JoinTokenRow): JoinToken {
  return create(JoinTokenSchema, {
    uid: row.uid,
    description: row.description,
    createdAt: timestampFromDate(row.created_at),
    expiresAt: timestampFromDate(row.expires_at),
    maximumUses: row.maximum_uses,
    uses: row.uses,
    revoked: row.revoked_at !== null,
    labels: row.labels,
  });
}
