// One process of simulated agents. Its parent speaks with it over the channel that Node's fork makes.
import { messageOf } from '@ostler/kernel';
import type { CrowdAnswer, CrowdRequest, CrowdView } from './messages';
import { SimulatedAgent } from './simulated-agent';

/** Joins on their way at once: more would only wait for each other. */
const PARALLEL = 8;

const agents: SimulatedAgent[] = [];

process.on('message', ({ id, ...request }: CrowdRequest & { id: number }) => {
  carryOut(request).then(
    () => answer({ id, view: view() }),
    (error: unknown) => answer({ id, failed: messageOf(error) }),
  );
});
process.on('disconnect', () => process.exit());

function answer(message: CrowdAnswer): void {
  process.send?.(message);
}

async function carryOut(request: CrowdRequest): Promise<void> {
  switch (request.ask) {
    case 'join':
      return joinAll(request.names, request);
    case 'start':
      for (const agent of agents) if (!agent.isStarted) await agent.start(request.agentAddress);
      return;
    case 'speak':
      for (const agent of agents) agent.speak(request.bytes);
      return;
    case 'stop':
      await Promise.all(agents.map((agent) => agent.stop()));
      return;
    case 'look':
  }
}

async function joinAll(
  names: readonly string[],
  { controlUrl, token, caPin }: { controlUrl: string; token: string; caPin: string },
): Promise<void> {
  const waiting = [...names];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const agent = new SimulatedAgent(name);
      await agent.join(controlUrl, token, caPin);
      agents.push(agent);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

function view(): CrowdView {
  const revisions: Record<string, number> = {};
  for (const { storedRevision } of agents) {
    const revision = String(storedRevision);
    revisions[revision] = (revisions[revision] ?? 0) + 1;
  }
  return {
    agents: agents.length,
    connected: agents.filter(({ connected }) => connected).length,
    quiet: agents.filter(({ unacknowledgedTelemetry }) => unacknowledgedTelemetry === 0).length,
    unacknowledgedOperations: agents.reduce((sum, agent) => sum + agent.unacknowledgedOperations, 0),
    mostEffects: Math.max(0, ...agents.map(({ mostEffects }) => mostEffects)),
    revisions,
    lastStoredAtMs: Math.max(0, ...agents.map(({ storedAtMs }) => storedAtMs)),
  };
}
