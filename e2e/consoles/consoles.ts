import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build } from 'rolldown';

import type { ConsolesRequest, ConsolesView } from './messages';

/** Consoles with live watches, in a process apart from the control plane and from who measures it. */
export class Consoles {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<Consoles> {
    const folder = await mkdtemp(join(tmpdir(), 'ostler-consoles-'));
    const program = join(folder, 'consoles.mjs');
    await build({
      input: join(import.meta.dirname, 'consoles-process.ts'),
      platform: 'node',
      logLevel: 'silent',
      output: { file: program, format: 'esm', codeSplitting: false },
    });
    return new Consoles(folder, fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  }

  /** Opens so many more. */
  open(count: number, url: string, token: string): Promise<ConsolesView> {
    return this.ask({ ask: 'open', count, url, token });
  }

  look(): Promise<ConsolesView> {
    return this.ask({ ask: 'look' });
  }

  async close(): Promise<void> {
    this.child.kill();
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    await rm(this.folder, { recursive: true, force: true });
  }

  private async ask(request: ConsolesRequest): Promise<ConsolesView> {
    const answer = once(this.child, 'message') as Promise<[ConsolesView]>;
    this.child.send(request);
    return (await answer)[0];
  }
}
