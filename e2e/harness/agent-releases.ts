import { join } from 'node:path';

import { runProgram } from './machine/program';

const root = join(import.meta.dirname, '../..');

/**
 * The folder with a signed release of the agent of this build, for OSTLER_AGENT_RELEASES. What was packed of the same
 * build before is used again.
 */
export async function agentReleases(): Promise<string> {
  await runProgram([process.execPath, join(root, 'deploy/release/make-release.ts'), '--when-changed']);
  return join(root, 'dist/agent-releases');
}
