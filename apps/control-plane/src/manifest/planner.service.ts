import { create } from '@bufbuild/protobuf';
import {
  type FileChange, FileChange_Action as Action, FileChangeSchema, type PlannedResource, PlannedResourceSchema, type PlanRequest, PlanRequestSchema,
  type PlanResult, type ServerPlan, ServerPlanSchema,
} from '@ostler/contracts'; // prettier-ignore
import { newUid, unifiedDiff } from '@ostler/kernel';
import { resourceTitle, specToYaml } from '@ostler/resource-model';
import { Injectable, type OnModuleInit } from '@nestjs/common';

import { query } from '../platform/db';
import { type ChangePlanner, ChangePlannerSlot, type PreparedPlan, specCaseOf } from '../resources';
import { PlacedSpecsRepository } from './placed-specs.repository';
import { type PlacementChange, PlacementChanges, placeOf } from './placement-changes';
import { compileBody, type PlacedSpec } from './server-manifest.compile';

const MOST_SERVERS_ASKED = 10;
const PLAN_TIMEOUT_MS = 3_000;

/** Who can ask an agent to plan. Undefined: not connected, or no answer in time. */
export interface AgentPlans {
  plan(serverUid: string, request: PlanRequest, timeoutMs: number): Promise<PlanResult | undefined>;
}

interface Prepared {
  readonly serverUid: string;
  readonly serverName: string;
  readonly resources: readonly PlannedResource[];
  /** For people, when the server itself is not asked. */
  readonly files: readonly FileChange[];
}

/** Plans of dry runs: on the real servers where they answer, else as the compiled preview. */
@Injectable()
export class PlannerService implements ChangePlanner, OnModuleInit {
  private agents: AgentPlans | undefined;

  constructor(
    private readonly slot: ChangePlannerSlot,
    private readonly placed: PlacedSpecsRepository,
    private readonly changes: PlacementChanges,
  ) {}

  onModuleInit(): void {
    this.slot.use(this);
  }

  /** The link room registers itself: it knows this room and not the reverse. */
  plansBy(agents: AgentPlans): void {
    this.agents = agents;
  }

  async prepare(resourceUids: readonly string[]): Promise<PreparedPlan> {
    const byServer = await this.placed.ofResources(resourceUids);
    const names = await serverNames([...byServer.keys()]);
    const changes = await this.changes.of([...byServer.values()].flat().map(({ uid }) => uid));
    const prepared = [...byServer].map(([serverUid, specs]) => ({
      serverUid,
      serverName: names.get(serverUid) ?? '',
      resources: specs.map(plannedResource),
      files: specs.flatMap((spec) => compiledChange(spec, changes.get(placeOf(serverUid, spec.uid)))),
    }));
    return {
      ask: () =>
        Promise.all(prepared.map((server, index) => this.planServer(server, index < MOST_SERVERS_ASKED))),
    };
  }

  private async planServer(server: Prepared, ask: boolean): Promise<ServerPlan> {
    if (!ask)
      return preview(
        server,
        `Not verified on the server: only ${MOST_SERVERS_ASKED} servers are asked in one call, and this one was not. This is the change of the spec.`,
      );
    const request = create(PlanRequestSchema, { planId: newUid(), resources: [...server.resources] });
    const result = await this.agents?.plan(server.serverUid, request, PLAN_TIMEOUT_MS).catch(() => undefined);
    if (!result)
      return preview(
        server,
        'Not verified on the server: it is not connected or did not answer within 3 s. This is the change of the spec.',
      );
    const { valid, message, files, actions } = result;
    const { serverUid, serverName } = server;
    return create(ServerPlanSchema, {
      serverUid,
      serverName,
      verified: true,
      valid,
      message,
      files,
      actions,
    });
  }
}

/** What a server would be told of one resource; an empty body takes it away. */
export function plannedResource(placed: PlacedSpec): PlannedResource {
  const { uid, kind, name, tenantUid, generation, edges } = placed;
  return create(PlannedResourceSchema, {
    head: { uid, kind, name, tenantUid, generation, edges: edges.map((edge) => ({ ...edge })) },
    body: placed.removing ? new Uint8Array() : compileBody(placed).body,
  });
}

/** Of the spec, because only the server knows what its files become of it. Nothing for what stays as it is. */
function compiledChange(placed: PlacedSpec, change: PlacementChange | undefined): FileChange[] {
  const path = resourceTitle(placed.kind, placed.name);
  const yaml = specToYaml(specCaseOf(placed.kind, placed.spec));
  const diffOf = (before: string, after: string) => unifiedDiff(path, before, after);
  if (placed.removing)
    return [create(FileChangeSchema, { path, action: Action.REMOVE, diff: diffOf(yaml, '') })];
  if (!change || change.isNew)
    return [create(FileChangeSchema, { path, action: Action.ADD, diff: diffOf('', yaml) })];
  if (change.beforeYaml === undefined || change.beforeYaml === yaml) return [];
  return [create(FileChangeSchema, { path, action: Action.CHANGE, diff: diffOf(change.beforeYaml, yaml) })];
}

function preview({ serverUid, serverName, files }: Prepared, message: string): ServerPlan {
  return create(ServerPlanSchema, {
    serverUid,
    serverName,
    verified: false,
    valid: false,
    message,
    files: [...files],
  });
}

async function serverNames(uids: readonly string[]): Promise<Map<string, string>> {
  const rows = await query<{ uid: string; name: string }>(
    'select uid, name from server where uid = any ($1)',
    [uids],
  );
  return new Map(rows.map(({ uid, name }) => [uid, name]));
}
