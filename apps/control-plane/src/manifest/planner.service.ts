import { create } from '@bufbuild/protobuf';
import {
  FileChange_Action as Action, FileChangeSchema, type PlannedResource, PlannedResourceSchema, type PlanRequest, PlanRequestSchema,
  type PlanResult, type ServerPlan, ServerPlanSchema,
} from '@ostler/contracts'; // prettier-ignore
import { newUid } from '@ostler/kernel';
import { resourceTitle, specToYaml } from '@ostler/resource-model';
import { Injectable, type OnModuleInit } from '@nestjs/common';

import { query } from '../platform/db';
import { type ChangePlanner, ChangePlannerSlot, type PreparedPlan } from '../resources';
import { PlacedSpecsRepository } from './placed-specs.repository';
import { compileBody, type PlacedSpec, readBody } from './server-manifest.compile';

const MOST_SERVERS_ASKED = 10;
const PLAN_TIMEOUT_MS = 3_000;
const MOST_DIFF_CHARACTERS = 65_536;

/** Who can ask an agent to plan. Undefined: not connected, or no answer in time. */
export interface AgentPlans {
  plan(serverUid: string, request: PlanRequest, timeoutMs: number): Promise<PlanResult | undefined>;
}

interface Prepared {
  readonly serverUid: string;
  readonly serverName: string;
  readonly resources: readonly PlannedResource[];
}

/** Plans of dry runs: on the real servers where they answer, else as the compiled preview. */
@Injectable()
export class PlannerService implements ChangePlanner, OnModuleInit {
  private agents: AgentPlans | undefined;

  constructor(
    private readonly slot: ChangePlannerSlot,
    private readonly placed: PlacedSpecsRepository,
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
    const prepared = [...byServer].map(([serverUid, specs]) => ({
      serverUid,
      serverName: names.get(serverUid) ?? '',
      resources: specs.map(plannedResource),
    }));
    return {
      ask: () =>
        Promise.all(prepared.map((server, index) => this.planServer(server, index < MOST_SERVERS_ASKED))),
    };
  }

  private async planServer(server: Prepared, ask: boolean): Promise<ServerPlan> {
    if (!ask)
      return preview(server, `Only ${MOST_SERVERS_ASKED} servers are asked in one call; this one was not.`);
    const request = create(PlanRequestSchema, { planId: newUid(), resources: [...server.resources] });
    const result = await this.agents?.plan(server.serverUid, request, PLAN_TIMEOUT_MS).catch(() => undefined);
    if (!result)
      return preview(server, 'Not verified on the server: it is not connected or did not answer within 3 s.');
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

function preview({ serverUid, serverName, resources }: Prepared, message: string): ServerPlan {
  const files = resources.map(({ head, body }) =>
    create(FileChangeSchema, {
      path: resourceTitle(head!.kind, head!.name),
      action: body.length === 0 ? Action.REMOVE : Action.CHANGE,
      diff: body.length === 0 ? '' : addedLines(specToYaml(readBody(body))),
    }),
  );
  return create(ServerPlanSchema, { serverUid, serverName, verified: false, valid: false, message, files });
}

function addedLines(yaml: string): string {
  const lines = yaml.trimEnd().split('\n');
  return lines
    .map((line) => `+${line}\n`)
    .join('')
    .slice(0, MOST_DIFF_CHARACTERS);
}

async function serverNames(uids: readonly string[]): Promise<Map<string, string>> {
  const rows = await query<{ uid: string; name: string }>(
    'select uid, name from server where uid = any ($1)',
    [uids],
  );
  return new Map(rows.map(({ uid, name }) => [uid, name]));
}
