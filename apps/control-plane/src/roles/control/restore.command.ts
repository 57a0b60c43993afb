import { open, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { AppError } from '@ostler/kernel';

import { loadBackup, type LoadSummary, OpenBackup, requireKnown } from '../../backup';
import type { ConfigValues } from '../../config';
import { databaseUrl, unfinishedRestore } from '../data-folder';
import type { ControlCommand, ControlContext } from './control-command';
import { openArgument } from './file-argument';
import { makeRoom } from './make-room';
import { readPassphrase } from './passphrase';

/** A backup becomes the control plane of this data folder, or of the database of DATABASE_URL. */
export const restoreCommand: ControlCommand = {
  usage: 'FILE [--replace] [--passphrase-file FILE]',
  summary: 'makes a control plane of a backup, here, in a new epoch; --replace keeps what is here aside',
  files: (args) => {
    const { file, passphraseFile } = parse(args);
    const read = { argument: file, how: 'read' } as const;
    return passphraseFile === undefined ? [read] : [read, { argument: passphraseFile, how: 'read' }];
  },

  async run(args, context) {
    const { file, replace, passphraseFile } = parse(args);
    await using stack = new AsyncDisposableStack();
    const passphrase = await readPassphrase(passphraseFile);
    const opened = stack.use(await openArgument({ argument: file, how: 'read' }));
    const backup = await OpenBackup.verify(opened.descriptor, passphrase);
    requireKnown(backup.header);
    const masterKey = await backup.masterKey();
    const { values } = context.config;
    const now = new Date();
    const aside = await makeRoom(values, { replace, masterKey, now });
    await markUnfinished(values);
    await writeMasterKey(values.masterKeyFile, masterKey);
    const summary = await load(backup, context, now);
    await rm(unfinishedRestore(values));
    context.print(report(backup, summary, aside));
  },
};

async function load(backup: OpenBackup, { config, log }: ControlContext, now: Date): Promise<LoadSummary> {
  await using stack = new AsyncDisposableStack();
  const { values } = config;
  const { url } = await databaseUrl(values, log, stack);
  return await loadBackup(backup, { databaseUrl: values.databaseDirectUrl ?? url, now });
}

async function markUnfinished(values: ConfigValues): Promise<void> {
  await using file = await open(unfinishedRestore(values), 'w', 0o600);
  await file.sync();
}

async function writeMasterKey(path: string, key: Buffer): Promise<void> {
  await using file = await open(path, 'w', 0o600);
  await file.writeFile(key);
  await file.sync();
}

function report({ header }: OpenBackup, { epoch, rows, interrupted }: LoadSummary, aside?: string): string {
  const count = (table: string): number => rows.get(table) ?? 0;
  return [
    `restored the backup of ${header.takenAt}, made by version ${header.version}:`,
    `  ${count('server')} servers, ${count('resource')} resources, ${count('person')} people`,
    `  epoch ${header.epoch} has become ${epoch}; ${interrupted} operations that had not ended were ended`,
    ...(aside === undefined ? [] : [`  what was here before is kept in ${aside}`]),
    'what was ended since then is valid again: look through revoked servers and API tokens',
    'start it, on another machine with OSTLER_PUBLIC_ADDRESS as servers know it; they come back by themselves\n',
  ].join('\n');
}

function parse(args: readonly string[]) {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { 'passphrase-file': { type: 'string' }, replace: { type: 'boolean', default: false } },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0)
    throw AppError.invalid('FILE', 'REQUIRED', 'name the one backup to restore');
  return { file, replace: values.replace, passphraseFile: values['passphrase-file'] };
}
