import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeAgentPackage } from '../../deploy/agent/make-package';
import { makeRelease } from '../../deploy/release/make-release';
import type { ReleaseKey } from '../../deploy/release/release-key';

const dist = join(import.meta.dirname, '../../apps/agent/dist');

/** On a server: how the moody agent behaves when it is started; as it should without it. */
export const MOOD_FILE = '/root/agent-mood';

export type Mood = 'crashes' | 'never-connects' | 'hangs';

/** In front of the real program. It says its version and joins like any other, and only `run` has moods. */
const MOODY = `
const mood = process.argv[2] === 'run' ? readMood() : '';
if (mood === 'crashes') process.exit(1);
else if (mood === 'never-connects') setInterval(() => undefined, 1000);
else if (mood === 'hangs') { process.on('SIGTERM', () => undefined); for (;;); }
else require('./agent-itself.cjs');
function readMood() {
  try { return require('node:fs').readFileSync('${MOOD_FILE}', 'utf8').trim(); } catch { return ''; }
}
`;

/** A key as a builder has it, in memory alone. */
export function newReleaseKey(): ReleaseKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return { file: '', privateKey: privateKey satisfies KeyObject, publicPem };
}

/** Builds of the agent, signed, in a folder that a control plane looks into. */
export class AgentBuilds {
  private constructor(
    readonly output: string,
    private readonly scratch: string,
  ) {}

  static async make(): Promise<AgentBuilds> {
    const scratch = await mkdtemp(join(tmpdir(), 'ostler-builds-'));
    const output = join(scratch, 'releases');
    await mkdir(output);
    return new AgentBuilds(output, scratch);
  }

  /** A newer build than that of the checkout, whose behaviour a file on the server decides. The version. */
  async moody(key: ReleaseKey, sequence: bigint, remark = ''): Promise<string> {
    const folder = await mkdtemp(join(this.scratch, 'moody-'));
    for (const name of await readdir(dist)) {
      if (!/^agent.*\.cjs$/.test(name)) continue;
      await copyFile(join(dist, name), join(folder, name === 'agent.cjs' ? 'agent-itself.cjs' : name));
    }
    await writeFile(join(folder, 'agent.cjs'), `${MOODY}// ${remark}\n`);
    const made = await makeAgentPackage(join(folder, 'package'), join(folder, 'agent.cjs'));
    const { version } = await makeRelease({ output: this.output, key, made, sequence });
    await rm(folder, { recursive: true });
    return version;
  }

  /** The build of the checkout itself, as a release. */
  async plain(key: ReleaseKey, sequence: bigint): Promise<string> {
    const made = await makeAgentPackage(join(this.scratch, 'plain'));
    return (await makeRelease({ output: this.output, key, made, sequence })).version;
  }

  async remove(): Promise<void> {
    await rm(this.scratch, { recursive: true, force: true });
  }
}
