import { Injectable } from '@nestjs/common';
import type { Operation_State, Rollout_State, RolloutServer_State } from '@ostler/contracts';
import { execute, query, queryOne } from '../platform/db';

export interface RolloutRow {
  readonly uid: string;
  readonly tenant_uid: string;
  readonly version: string;
  readonly selector: Record<string, string>;
  readonly stages: number[];
  readonly stage: number;
  readonly state: Rollout_State;
  readonly message: string;
  readonly actor: string;
  readonly created_at: Date;
  readonly ended_at: Date | null;
  readonly resource_version: bigint;
}

export interface RolloutServerRow {
  readonly server_uid: string;
  readonly server_name: string;
  readonly stage: number;
  readonly state: RolloutServer_State;
  readonly message: string;
  readonly from_version: string;
  readonly operation_uid: string | null;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
}

/** With what decides about it. */
export interface RolloutServerWithFacts extends RolloutServerRow {
  readonly agent_version: string;
  readonly report: Buffer | null;
  readonly gone: boolean;
  readonly operation_state: Operation_State | null;
  readonly operation_reason: string | null;
  readonly operation_message: string | null;
  readonly operation_ended_at: Date | null;
}

export interface Candidate {
  readonly uid: string;
  readonly name: string;
  readonly agent_version: string;
}

const columns = `uid, tenant_uid, version, selector, stages, stage, state, message, actor, created_at, ended_at,
  resource_version`;
const serverColumns = `r.server_uid, s.name as server_name, r.stage, r.state, r.message, r.from_version,
  r.operation_uid, r.started_at, r.ended_at`;
const changed = 'resource_version = txid_current()';

/** Tables `agent_rollout` and `agent_rollout_server`, within the caller's unit of work. */
@Injectable()
export class RolloutRepository {
  /** Servers of this tenant alone, in an order that mixes them: a stage is a sample. */
  candidates(tenantUid: string, selector: Record<string, string>, name: string): Promise<Candidate[]> {
    return query(
      `select uid, name, agent_version from server
       where tenant_uid = $1 and removed_at is null and revoked_at is null and labels @> $2::jsonb
         and ($3 = '' or name = $3)
       order by md5(uid::text)`,
      [tenantUid, JSON.stringify(selector), name],
    );
  }

  /** Undefined when the tenant has one that has not ended. */
  insert(rollout: {
    readonly uid: string;
    readonly tenantUid: string;
    readonly version: string;
    readonly selector: Record<string, string>;
    readonly stages: readonly number[];
    readonly actor: string;
  }): Promise<RolloutRow | undefined> {
    const { uid, tenantUid, version, selector, stages, actor } = rollout;
    return queryOne(
      `insert into agent_rollout (uid, tenant_uid, version, selector, stages, actor, resource_version)
       values ($1, $2, $3, $4, $5, $6, txid_current()) on conflict do nothing returning ${columns}`,
      [uid, tenantUid, version, JSON.stringify(selector), stages, actor],
    );
  }

  async insertServers(
    { uid, tenant_uid: tenantUid }: RolloutRow,
    servers: readonly (Candidate & { readonly stage: number })[],
  ): Promise<void> {
    await execute(
      `insert into agent_rollout_server (rollout_uid, server_uid, tenant_uid, stage, from_version)
       select $1, server.uid, $2, server.stage, server.version
       from unnest($3::uuid[], $4::int[], $5::text[]) as server (uid, stage, version)`,
      [
        uid,
        tenantUid,
        servers.map((server) => server.uid),
        servers.map((server) => server.stage),
        servers.map((server) => server.agent_version),
      ],
    );
  }

  byUid(uid: string): Promise<RolloutRow | undefined> {
    return queryOne(`select ${columns} from agent_rollout where uid = $1`, [uid]);
  }

  /** Holds it until the unit ends: a loop and an operator do not pass each other. */
  lock(uid: string): Promise<RolloutRow | undefined> {
    return queryOne(`select ${columns} from agent_rollout where uid = $1 for update`, [uid]);
  }

  /** Newest first, after a uid. */
  list(beforeUid: string | undefined, limit: number): Promise<RolloutRow[]> {
    return query(
      `select ${columns} from agent_rollout where ($1::uuid is null or uid < $1) order by uid desc limit $2`,
      [beforeUid ?? null, limit],
    );
  }

  /** As the system: of every tenant. */
  notEnded(): Promise<RolloutRow[]> {
    return query(`select ${columns} from agent_rollout where ended_at is null order by uid`);
  }

  servers(rolloutUid: string): Promise<RolloutServerRow[]> {
    return query(
      `select ${serverColumns} from agent_rollout_server r join server s on s.uid = r.server_uid
       where r.rollout_uid = $1 order by r.stage, s.name`,
      [rolloutUid],
    );
  }

  /** Those up to a stage that have no end yet. */
  openServers(rolloutUid: string, stage: number): Promise<RolloutServerWithFacts[]> {
    return query(
      `select ${serverColumns}, s.agent_version, s.report,
         s.removed_at is not null or s.revoked_at is not null as gone, o.state as operation_state,
         o.reason as operation_reason, o.message as operation_message, o.ended_at as operation_ended_at
       from agent_rollout_server r join server s on s.uid = r.server_uid
       left join operation o on o.uid = r.operation_uid
       where r.rollout_uid = $1 and r.stage <= $2 and r.ended_at is null order by r.stage, s.name`,
      [rolloutUid, stage],
    );
  }

  async begun(
    rolloutUid: string,
    serverUid: string,
    state: RolloutServer_State,
    operationUid: string,
  ): Promise<void> {
    await execute(
      `update agent_rollout_server set state = $3, operation_uid = $4, message = '' where rollout_uid = $1 and server_uid = $2`,
      [rolloutUid, serverUid, state, operationUid],
    );
  }

  async waits(rolloutUid: string, serverUid: string, message: string): Promise<void> {
    await execute(
      `update agent_rollout_server set message = $3, started_at = coalesce(started_at, now())
       where rollout_uid = $1 and server_uid = $2`,
      [rolloutUid, serverUid, message],
    );
  }

  async endServer(
    rolloutUid: string,
    serverUid: string,
    state: RolloutServer_State,
    message: string,
  ): Promise<void> {
    await execute(
      `update agent_rollout_server set state = $3, message = $4, started_at = coalesce(started_at, now()), ended_at = now()
       where rollout_uid = $1 and server_uid = $2`,
      [rolloutUid, serverUid, state, message],
    );
  }

  /** What was not begun never will be. */
  async endWaiting(
    rolloutUid: string,
    waiting: number,
    state: RolloutServer_State,
    message: string,
  ): Promise<void> {
    await execute(
      `update agent_rollout_server set state = $3, message = $4, ended_at = now() where rollout_uid = $1 and state = $2`,
      [rolloutUid, waiting, state, message],
    );
  }

  async move(
    uid: string,
    state: Rollout_State,
    stage: number,
    message: string,
    ended: boolean,
  ): Promise<void> {
    await execute(
      `update agent_rollout set state = $2, stage = $3, message = $4, ended_at = case when $5 then now() end, ${changed}
       where uid = $1`,
      [uid, state, stage, message, ended],
    );
  }

  /** One of its servers changed. */
  async touch(uid: string): Promise<void> {
    await execute(`update agent_rollout set ${changed} where uid = $1`, [uid]);
  }

  /** Servers of the caller by the version that they run. */
  async serversByVersion(): Promise<ReadonlyMap<string, number>> {
    const rows = await query<{ version: string; servers: number }>(
      `select agent_version as version, count(*)::int as servers from server
       where removed_at is null and revoked_at is null group by 1`,
    );
    return new Map(rows.map(({ version, servers }) => [version, servers]));
  }
}
