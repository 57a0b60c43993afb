import { timestampDate } from '@bufbuild/protobuf/wkt';
import { type LocalPolicy, type Server, Server_State, type ServerFacts } from '@ostler/contracts';
import type { CommandContext } from '../../command-context';
import { ageOf } from '../../output/age';
import { enumWord } from '../../output/enum-word';
import { safe } from '../../output/style';
import { table } from '../../output/table';

export const serverHeads = ['NAME', 'STATE', 'READY', 'SEEN', 'AGENT', 'SYSTEM', 'LABELS'];

export function printServers(context: CommandContext, servers: readonly Server[]): void {
  context.print(
    table(
      serverHeads,
      servers.map((server) => serverRow(context, server)),
    ),
  );
}

/** One line of a list of servers. */
export function serverRow(context: CommandContext, server: Server): string[] {
  const labels = Object.entries(server.labels).map((label) => label.join('='));
  return [
    safe(server.name),
    stateWord(context, server),
    `${server.placementsReady}/${server.placements}`,
    ageOf(server.lastSeenAt),
    safe(server.agentVersion),
    safe(server.facts?.os ?? ''),
    safe(labels.join(',')),
  ];
}

function stateWord({ style }: CommandContext, server: Server): string {
  if (server.hold) return style.warn('held');
  const word = enumWord(Server_State, server.state);
  if (server.state === Server_State.CONNECTED) return style.good(word);
  const isBad = server.state === Server_State.DOWN || server.state === Server_State.REVOKED;
  return isBad ? style.bad(word) : style.dim(word);
}

/** Everything that is known of one server. */
export function printServer(context: CommandContext, server: Server): void {
  printServers(context, [server]);
  printDecisions(context, server);
  context.print('');
  printPairs(context, [...machinePairs(server.facts), ...trustPairs(server)]);
  printDisks(context, server.facts);
  if (server.localPolicy) printPolicy(context, server.localPolicy);
  printCapabilities(context, server);
  for (const site of server.foreignSites) {
    context.print(`not managed: ${safe(site.serverNames.join(' '))} in ${safe(site.file)}:${site.line}`);
  }
}

/** What somebody has to decide comes before what is merely so. */
function printDecisions(context: CommandContext, { name, hold, orphans }: Server): void {
  if (hold) {
    context.print('');
    context.print(`${context.style.warn('held')} ${safe(hold.message)}`);
    context.print(`  It is the server:  ostler servers hold decide ${safe(name)} --is-the-server`);
    context.print(`  It is a copy:      ostler servers hold decide ${safe(name)} --is-a-copy`);
  }
  if (orphans.length > 0) {
    context.print('');
    context.print(
      `${context.style.warn('orphans')} ${orphans.length} resources are there that this control plane does not know.`,
    );
    context.print(`  See them: ostler servers orphans list ${safe(name)}`);
  }
}

type Pair = readonly [string, string];

function machinePairs(facts: ServerFacts | undefined): Pair[] {
  if (!facts) return [['facts', 'its agent has not reported yet']];
  return [
    ['host name', facts.hostname],
    ['system', `${facts.os}, kernel ${facts.kernel} (${facts.architecture})`],
    ['processors', `${facts.cpus}${facts.cpuModel ? ` x ${facts.cpuModel}` : ''}`],
    ['memory', mebibytes(facts.memoryBytes)],
    ['addresses', facts.addresses.join(', ')],
    ['nginx', facts.nginxVersion || 'none'],
    ['systemd', facts.systemdVersion || 'none'],
    ['docker', facts.dockerVersion || 'none'],
  ];
}

function trustPairs(server: Server): Pair[] {
  const { certificateExpiresAt: end, lastDisconnectAt, lastDisconnect, clockSkewMs } = server;
  const pairs: Pair[] = [['clock', `${clockSkewMs} ms off`]];
  if (end) pairs.push(['certificate ends', timestampDate(end).toISOString()]);
  if (lastDisconnect) pairs.push(['last lane ended', `${ageOf(lastDisconnectAt)} ago: ${lastDisconnect}`]);
  return pairs;
}

function printPairs(context: CommandContext, pairs: readonly Pair[]): void {
  const width = Math.max(...pairs.map(([label]) => label.length));
  for (const [label, value] of pairs) {
    context.print(`${context.style.dim(label.padEnd(width))}  ${safe(value)}`);
  }
}

function printDisks(context: CommandContext, facts: ServerFacts | undefined): void {
  if (!facts || facts.disks.length === 0) return;
  const rows = facts.disks.map((disk) => [
    safe(disk.mountPoint),
    safe(disk.fileSystem),
    mebibytes(disk.sizeBytes),
    mebibytes(disk.freeBytes),
  ]);
  context.print('');
  context.print(table(['DISK', 'FILE SYSTEM', 'SIZE', 'FREE'], rows));
}

function printPolicy(context: CommandContext, policy: LocalPolicy): void {
  const { path, present, allowedRoots, packageInstalls, exec, selfUpdate, kinds, problem } = policy;
  const allowed = (yes: boolean): string => (yes ? 'allowed' : 'forbidden');
  context.print('');
  context.print(
    present
      ? `Its own administrator bounds what may be asked of it, in ${safe(path)}:`
      : `There is no ${safe(path)} on it; these are the defaults:`,
  );
  if (problem) context.print(context.style.bad(`It does not count: ${safe(problem)}`));
  printPairs(context, [
    ['roots of files', allowedRoots.join(' ') || 'none'],
    ['package installs', allowed(packageInstalls)],
    ['commands and shells', allowed(exec)],
    ['self-update', allowed(selfUpdate)],
    ['kinds', kinds.join(' ').toLowerCase() || 'every kind'],
  ]);
}

function printCapabilities(context: CommandContext, { capabilities }: Server): void {
  const rows = capabilities.map((capability) => [
    safe(capability.name),
    capability.available ? context.style.good('yes') : context.style.dim('no'),
    safe(capability.detail),
  ]);
  context.print('');
  context.print(table(['CAPABILITY', 'THERE', 'DETAIL'], rows));
}

function mebibytes(bytes: bigint): string {
  return `${bytes >> 20n} MiB`;
}
