import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DescFile } from '@bufbuild/protobuf';
import * as contracts from '@ostler/contracts';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { CommandContext } from '../../command-context';
import { buildProgram } from '../../program';
import { groups } from '../groups';
import { commandOf } from './command-of';
import { allMethods, methodName, services } from './services';

const root = join(import.meta.dirname, '../../../../..');
const environment = { colour: false, contextFile: '/nowhere', cacheFolder: '/nowhere' };

/** As they are typed, without those that only hold others. */
function leavesOf(group: Command, path: readonly string[] = []): string[] {
  return group.commands.flatMap((command) => {
    const names = [...path, command.name()];
    return command.commands.length > 0 ? leavesOf(command, names) : [names.join(' ')];
  });
}

test('every service of the API is known here', () => {
  const files = Object.values(contracts).filter(
    (one): one is DescFile =>
      typeof one === 'object' && 'kind' in one && one.kind === 'file' && one.name.startsWith('ostler/api/'),
  );
  const inContract = files.flatMap((file) => file.services.map(({ typeName }) => typeName));
  expect(inContract.length).toBeGreaterThan(8);
  expect(services.map(({ typeName }) => typeName).toSorted()).toEqual(inContract.toSorted());
});

test('every method of the API has a command, and the command is there', async () => {
  expect(Object.keys(commandOf).toSorted()).toEqual(allMethods().map(methodName).toSorted());
  const program = await buildProgram(new CommandContext(environment));
  const commands = new Set(leavesOf(program));
  expect(Object.values(commandOf).filter((command) => !commands.has(command))).toEqual([]);
});

const clients: Readonly<Record<string, string>> = {
  AgentUpdateService: 'agentUpdates',
  IdentityService: 'identity',
};

test.each(allMethods().map((method) => [methodName(method), method] as const))(
  '%s is called by the program',
  (_name, { parent, localName }) => {
    const client = clients[parent.name] ?? `${parent.name.replace('Service', '').toLowerCase()}s?`;
    // `ostler.fleet.getServer(`, `const { fleet } = ...; fleet.getServer(`, and on a line of its own after a break.
    const call = new RegExp(`\\b${client}\\s*\\.${localName}\\(|\\bservice\\.${localName}\\(`);
    const sources = globSync(['apps/cli/src/**/*.ts', 'packages/sdk/src/**/*.ts'], {
      cwd: root,
      exclude: (path) => path.endsWith('.test.ts'),
    });
    expect(sources.filter((path) => call.test(readFileSync(join(root, path), 'utf8')))).not.toEqual([]);
  },
);

test('a group is found by the first word of every one of its commands', async () => {
  for (const { words, load } of groups) {
    const program = await buildProgram(new CommandContext(environment), words[0]);
    expect(program.commands.map((command) => command.name())).toEqual(words);
    expect(await load()).toBeTypeOf('function');
  }
});
