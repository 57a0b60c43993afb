import { create } from '@bufbuild/protobuf';
import { timestampFromDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type AgentReleaseInfo,
  AgentReleaseInfoSchema,
  type Rollout,
  RolloutSchema,
  RolloutServerSchema,
} from '@ostler/contracts';
import type { FolderRelease } from './release-folder';
import type { RolloutRow, RolloutServerRow } from './rollout.repository';

export function toRollout(row: RolloutRow, servers: readonly RolloutServerRow[] = []): Rollout {
  const { uid, version, selector, stages, stage, state, message, actor } = row;
  return create(RolloutSchema, {
    uid,
    version,
    selector,
    stages,
    stage,
    state,
    message,
    actor,
    servers: servers.map(toServer),
    createdAt: timestampFromDate(row.created_at),
    endedAt: row.ended_at ? timestampFromDate(row.ended_at) : undefined,
    resourceVersion: row.resource_version,
  });
}

function toServer(row: RolloutServerRow) {
  return create(RolloutServerSchema, {
    serverUid: row.server_uid,
    serverName: row.server_name,
    stage: row.stage,
    state: row.state,
    message: row.message,
    fromVersion: row.from_version,
    operationUid: row.operation_uid ?? '',
    endedAt: row.ended_at ? timestampFromDate(row.ended_at) : undefined,
  });
}

export function toReleaseInfo({ release }: FolderRelease, servers: number): AgentReleaseInfo {
  const { version, sequence, featureLevel, madeAt, packages } = release;
  return create(AgentReleaseInfoSchema, {
    version,
    sequence,
    featureLevel,
    madeAt: timestampFromMs(Number(madeAt) * 1000),
    architectures: packages.map(({ architecture }) => architecture),
    servers,
  });
}
