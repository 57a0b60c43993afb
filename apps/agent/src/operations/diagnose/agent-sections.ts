import { X509Certificate } from 'node:crypto';
import { OperationReport_State as State } from '@ostler/contracts';
import type { Files } from '../../host/fs';
import type { Store } from '../../store';
import { mebibytes, pairs, type Section } from './section';

export interface AgentSectionDeps {
  readonly files: Files;
  readonly store: Store;
  /** The last lines of the agent's own log that tell of trouble. */
  readonly recentTrouble: () => readonly string[];
  readonly folders: { readonly state: string; readonly store: string; readonly identity: string };
  readonly version: string;
}

/** The agent itself: what it is, what it trusts, what it holds, what went wrong lately. */
export function agentSections(deps: AgentSectionDeps): Section[] {
  return [
    { title: 'Agent', gather: async () => agent(deps) },
    { title: 'Trust', gather: () => trust(deps) },
    { title: 'What the agent holds', gather: async () => holdings(deps.store) },
    { title: 'Operations that have not ended', gather: async () => openOperations(deps.store) },
    { title: 'Store', gather: () => storeFiles(deps) },
    {
      title: "Trouble in the agent's log, newest last",
      gather: async () => deps.recentTrouble().join('\n') || 'none since it started',
    },
  ];
}

function agent({ version, folders }: AgentSectionDeps): string {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  return pairs({
    version,
    'process id': process.pid,
    'up for': `${Math.round(process.uptime())} s`,
    'user id': process.geteuid?.(),
    node: process.version,
    'resident memory': mebibytes(rss),
    heap: `${mebibytes(heapUsed)} of ${mebibytes(heapTotal)}, ${mebibytes(external)} outside of it`,
    'state folder': folders.state,
  });
}

/** Dates and names alone: the key is never read. */
async function trust({ files, folders }: AgentSectionDeps): Promise<string> {
  const parts: string[] = [];
  for (const name of ['chain.pem', 'ca.pem']) {
    const content = await files.read(`${folders.identity}/${name}`);
    const pem = Buffer.from(content ?? []).toString('utf8');
    parts.push(`${name}:`, ...(certificates(pem) ?? ['  not there']));
  }
  const state = await files.state(`${folders.identity}/key.pem`);
  parts.push(state ? `key.pem: there, mode ${(state.mode & 0o777).toString(8)}` : 'key.pem: not there');
  return parts.join('\n');
}

const ONE_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

function certificates(pem: string): string[] | undefined {
  return pem.match(ONE_CERTIFICATE)?.map((text) => {
    const { subject, subjectAltName, validFrom, validTo } = new X509Certificate(text);
    const named = (subjectAltName ?? subject ?? '').replaceAll('\n', ', ');
    return `  ${named || 'without a name'}, from ${validFrom} to ${validTo}`;
  });
}

function holdings(store: Store): string {
  const { epoch, revision } = store.ledger.fence();
  const entries = [...store.ledger.entries()];
  const lines = entries.map(({ uid, accepted, refused, placed }) => {
    const entry = accepted ?? refused?.entry;
    const notes = [refused && `refused: ${refused.message}`, !placed && 'not in the manifest'].filter(
      Boolean,
    );
    const conditions = store.statuses.of(uid)?.conditions.map(({ type, reason }) => `${type} ${reason}`);
    const said = [...(conditions ?? []), ...notes].join(', ');
    return `${uid} ${entry?.name ?? ''} generation ${entry?.generation ?? '-'} ${said}`;
  });
  const removals = store.ledger.tombstones().filter(({ done }) => !done).length;
  return [
    `epoch ${epoch}, revision ${revision}, ${entries.length} resources, ${removals} removals to do`,
    ...lines,
  ].join('\n');
}

function openOperations(store: Store): string {
  const lines = store.journal
    .open()
    .map(
      ({ start, report }) =>
        `${start.uid} ${start.operation.case ?? ''} ${State[report.state].toLowerCase()} ${report.progressPercent} %`,
    );
  return lines.join('\n') || 'none';
}

async function storeFiles({ files, folders }: AgentSectionDeps): Promise<string> {
  const lines: string[] = [];
  for (const name of await files.list(folders.store)) {
    const size = (await files.state(`${folders.store}/${name}`))?.size ?? 0;
    lines.push(`${name}: ${size} bytes`);
  }
  return [...lines, `free where it lies: ${await files.freeBytes(folders.state)} bytes`].join('\n');
}
