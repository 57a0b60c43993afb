import {
  type ConditionStatus,
  ConditionStatus as Status,
  FleetService,
  Kind,
  ResourceService,
  type Server,
  Server_State,
} from '@ostler/contracts';
import { AppError, messageOf, newUid, pause, systemClock } from '@ostler/kernel';

import type { Log } from '../platform/log';
import type { InternalCalls } from '../platform/rpc';

const name = 'hello';
const domain = 'hello.localhost';
/** Tells the console that it is nobody's own: the guide to a first site goes on. */
const exampleLabel = 'ostler/example';
const betweenLooksMs = 250;
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hello</title>
<style>
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 36rem; margin: 20vh auto; padding: 0 1.5rem; color: #1c2024 }
  @media (prefers-color-scheme: dark) { body { background: #111113; color: #edeef0 } }
</style>
<h1>Hello</h1>
<p>This page is a Site that was declared to Ostler and is served by nginx on this machine. Look at it in the
console under Sites, change it, and see the change arrive here.</p>
</html>
`;

export interface ExampleParts {
  readonly tenantUid: string;
  readonly internal: InternalCalls;
  readonly log: Log;
  readonly stopping: AbortSignal;
}

/** The link, or why there is none yet. */
export type ExampleOutcome = { readonly link: string } | { readonly why: string };

interface Looking extends ExampleParts {
  /** Aborted when we are stopped, or after a while. */
  readonly signal: AbortSignal;
}

const servedWithinMs = 90_000;

/** On the first start: a site on this machine. Undefined when it was stopped before it knew. Never rejects. */
export async function putExampleSite(parts: ExampleParts): Promise<ExampleOutcome | undefined> {
  const signal = AbortSignal.any([parts.stopping, AbortSignal.timeout(servedWithinMs)]);
  const outcome = await put({ ...parts, signal }).catch((error: unknown) => ({ why: messageOf(error) }));
  if (parts.stopping.aborted) return undefined;
  if ('why' in outcome) parts.log.warn(`the example site is not served: ${outcome.why}`);
  return outcome;
}

async function put(parts: Looking): Promise<ExampleOutcome> {
  const server = await firstConnected(parts);
  if (!server) return { why: 'no server has connected' };
  await apply(parts, server.name);
  if (!(await isServed(parts))) return { why: await lastWord(parts) };
  const port = server.facts?.httpPort || 80;
  return { link: `http://${domain}${port === 80 ? '' : `:${port}`}/` };
}

async function apply({ internal, tenantUid }: ExampleParts, server: string): Promise<void> {
  await internal.call(tenantUid, ResourceService.method.apply, {
    requestId: newUid(),
    resources: [
      {
        meta: { kind: Kind.SITE, name, displayName: 'Hello', labels: { [exampleLabel]: '' } },
        spec: {
          case: 'site',
          value: {
            placement: { server },
            domains: [domain],
            handler: { answer: { case: 'fixedResponse', value: { status: 200, body: page } } },
          },
        },
      },
    ],
  });
}

/** The first server that is connected and has reported what it is. */
function firstConnected({ internal, tenantUid, signal }: Looking): Promise<Server | undefined> {
  return lookUntil(signal, async () => {
    const { servers } = await internal.call(tenantUid, FleetService.method.listServers, {});
    return servers.find(({ state, facts }) => state === Server_State.CONNECTED && facts?.httpPort);
  });
}

async function isServed({ internal, tenantUid, signal }: Looking): Promise<boolean> {
  const served = await lookUntil(signal, async () => {
    const { resource } = await internal.call(tenantUid, ResourceService.method.get, {
      kind: Kind.SITE,
      name,
    });
    const status: ConditionStatus | undefined = resource?.status?.conditions.find(
      ({ type }) => type === 'Ready',
    )?.status;
    return status === Status.TRUE || undefined;
  });
  return served ?? false;
}

/** What its condition says. */
async function lastWord({ internal, tenantUid }: ExampleParts): Promise<string> {
  const { resource } = await internal.call(tenantUid, ResourceService.method.get, { kind: Kind.SITE, name });
  const ready = resource?.status?.conditions.find(({ type }) => type === 'Ready');
  return `${ready?.reason ?? 'UNKNOWN'}: ${ready?.message ?? 'nothing was reported'}`;
}

async function lookUntil<T>(signal: AbortSignal, look: () => Promise<T | undefined>): Promise<T | undefined> {
  while (!signal.aborted) {
    const found = await look().catch((error: unknown) => {
      // Not there yet is a reason to look again, anything else is not.
      if (error instanceof AppError) return undefined;
      throw error;
    });
    if (found !== undefined) return found;
    await pause(systemClock, betweenLooksMs, signal);
  }
  return undefined;
}
