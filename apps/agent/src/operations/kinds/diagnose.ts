import { OperationReport_State as State } from '@ostler/contracts';
import { messageOf } from '@ostler/kernel';
import { agentSections, type AgentSectionDeps } from '../diagnose/agent-sections';
import { nginxSections, type NginxSectionDeps } from '../diagnose/nginx-sections';
import { MOST_SECTION_BYTES, type Section } from '../diagnose/section';
import { serverSections, type ServerSectionDeps } from '../diagnose/server-sections';
import { maskSecrets } from '../mask-secrets';
import type { OperationContext, OperationKind } from '../operation.port';

export type DiagnoseDeps = AgentSectionDeps & NginxSectionDeps & ServerSectionDeps & { now(): number };

/** Gathers facts that explain most troubles, secrets masked, as one text to hand to somebody. */
export function diagnose(deps: DiagnoseDeps): OperationKind {
  return {
    case: 'diagnose',
    run: async (context) => {
      const sections = [...serverSections(deps), ...agentSections(deps), ...nginxSections(deps)];
      const { hostname } = await deps.report();
      await context.say(`Diagnose bundle of ${hostname}, ${new Date(deps.now()).toISOString()}\n\n`);
      for (const [index, section] of sections.entries()) {
        context.signal.throwIfAborted();
        context.progress(Math.round((100 * index) / sections.length), section.title);
        await say(context, section);
      }
      return { state: State.SUCCEEDED, message: `${sections.length} sections were gathered.` };
    },
  };
}

async function say(context: OperationContext, { title, gather }: Section): Promise<void> {
  const text = await gather().catch((error: unknown) => `not available: ${messageOf(error)}`);
  const masked = maskSecrets(text.slice(0, MOST_SECTION_BYTES)).trimEnd();
  await context.say(`== ${title}\n${masked || '(nothing)'}\n\n`);
}
