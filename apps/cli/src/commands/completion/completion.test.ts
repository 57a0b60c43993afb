import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createRouterTransport } from '@connectrpc/connect';
import { FleetService, ResourceService } from '@ostler/contracts';
import { createOstler, type Ostler } from '@ostler/sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CommandContext } from '../../command-context';
import { scripts } from './scripts';
import { printWords } from './words';

let folder: string;
let asked: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostler-cli-'));
  asked = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

class FakeContext extends CommandContext {
  override ostler(): Ostler {
    const transport = createRouterTransport((router) => {
      router.service(ResourceService, {
        list: () => {
          asked++;
          return {
            resources: [
              { meta: { name: 'shop' } },
              { meta: { name: 'shop-2' } },
              { meta: { name: 'a; rm' } },
            ],
          };
        },
      });
      router.service(FleetService, { listServers: () => ({ servers: [{ name: 'web-1' }] }) });
    });
    return createOstler({ transport });
  }
}

async function wordsFor(token: string | undefined, ...line: readonly string[]): Promise<string[]> {
  const printed: string[] = [];
  const environment = {
    colour: false,
    contextFile: join(folder, 'none'),
    cacheFolder: join(folder, 'cache'),
    token,
  };
  await printWords(new FakeContext(environment, (text) => printed.push(text)), line);
  return printed.map((text) => text.trimEnd().split('\t')[0]!);
}

test.each([
  [['ser'], ['servers']],
  [['servers', 'ho'], ['hold']],
  [
    ['get', 's'],
    ['sites', 'servers'],
  ],
  [
    ['get', 'sites', ''],
    ['shop', 'shop-2'],
  ],
  [['describe', 'site', 'shop-'], ['shop-2']],
  [['servers', 'get', ''], ['web-1']],
  [['get', 'sites', '--server', 'w'], ['web-1']],
  [['site', 'publish', 'dist', '--site', 'shop-'], ['shop-2']],
  [
    ['get', 'sites', '-o', ''],
    ['table', 'json', 'yaml', 'name'],
  ],
  [['get', '-o', 'json', 'si'], ['sites']],
  [['get', 'sites', '--wa'], ['--watch']],
  [['apply', '-f', ''], [':files']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['explain', 'Site.spec.tls.h'], ['Site.spec.tls.hsts']],
  [['api', 'call', 'AuditS'], ['AuditService/List']],
])('after %j may come %j', async (line, words) => {
  expect(await wordsFor('token', ...line)).toEqual(words);
});

test('names are asked for once within a moment, per person; none who can see others reads them', async () => {
  await wordsFor('token', 'get', 'sites', '');
  await wordsFor('token', 'get', 'sites', 's');
  expect(asked).toBe(1);
  await wordsFor('another', 'get', 'sites', '');
  expect(asked).toBe(2);
  expect(readdirSync(join(folder, 'cache')).join()).not.toContain('token');
});

test('who is not signed in gets no words and no error', async () => {
  expect(await wordsFor(undefined, 'get', 'sites', '')).toEqual([]);
});

test('bash takes the words as they are, with no expansion of what stands in them', async () => {
  const program = join(folder, 'ostler');
  writeFileSync(program, "#!/bin/sh\nprintf 'shop\\tfor people\\n$(touch hacked)\\n'\n");
  chmodSync(program, 0o755);
  writeFileSync(
    join(folder, 'line.bash'),
    `${scripts.bash}\nCOMP_WORDS=(ostler get site s); COMP_CWORD=3; _ostler; printf '[%s]' "\${COMPREPLY[@]}"`,
  );
  const { stdout } = await promisify(execFile)('bash', ['--norc', 'line.bash'], {
    cwd: folder,
    env: { PATH: `${folder}:/usr/bin:/bin` },
  });
  expect(stdout).toBe('[shop][$(touch hacked)]');
  expect(readdirSync(folder)).not.toContain('hacked');
});
