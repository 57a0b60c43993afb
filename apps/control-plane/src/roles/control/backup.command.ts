import { parseArgs } from 'node:util';

import { AppError } from '@ostler/kernel';

import { writeBackup } from '../../backup';
import { readMasterKey } from '../../platform/crypto';
import { VERSION } from '../../version';
import { databaseUrlBeside } from '../data-folder';
import { noteBackup } from '../last-backup';
import type { ControlCommand } from './control-command';
import { openArgument } from './file-argument';
import { readPassphrase } from './passphrase';

/** Everything of a control plane in one file, while it runs or not. */
export const backupCommand: ControlCommand = {
  usage: 'FILE [--passphrase-file FILE]',
  summary: 'writes everything of this control plane to one new file',
  files: (args) => {
    const { file, passphraseFile } = parse(args);
    const written = { argument: file, how: 'write new' } as const;
    return passphraseFile === undefined ? [written] : [written, { argument: passphraseFile, how: 'read' }];
  },

  async run(args, { config: { values }, log, print }) {
    const { file, passphraseFile } = parse(args);
    await using stack = new AsyncDisposableStack();
    const passphrase = await readPassphrase(passphraseFile);
    const opened = stack.use(await openArgument({ argument: file, how: 'write new' }));
    const { url: databaseUrl } = await databaseUrlBeside(values, log, stack);
    const { key: masterKey } = await readMasterKey(values.masterKeyFile);
    const source = { databaseUrl, masterKey, version: VERSION, takenAt: new Date(), passphrase };
    const { header, bytes } = await writeBackup(source, opened.descriptor);
    await opened.keep();
    await noteBackup(values, { takenAt: header.takenAt, bytes });
    print(`backed up ${bytes} bytes of ${header.takenAt}, epoch ${header.epoch}\n`);
    if (!passphrase) print('the file holds the master key: keep it as secret as that\n');
  },
};

function parse(args: readonly string[]) {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { 'passphrase-file': { type: 'string' } },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0)
    throw AppError.invalid('FILE', 'REQUIRED', 'name one file that the backup is written to');
  return { file, passphraseFile: values['passphrase-file'] };
}
