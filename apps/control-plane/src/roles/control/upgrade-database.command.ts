import { parseArgs } from 'node:util';

import { ErrorReason } from '@ostler/contracts';
import {
  forgetOlderClusters,
  type PostgresConnection,
  upgradeEmbeddedPostgres,
} from '@ostler/embedded-postgres';
import { AppError } from '@ostler/kernel';

import { copyDatabase } from '../../backup';
import type { ControlCommand } from './control-command';

/** Moves the embedded database to the PostgreSQL that this version brings. */
export const upgradeDatabaseCommand: ControlCommand = {
  usage: '[--binaries FOLDER] [--forget-old]',
  summary:
    'moves the embedded database to the PostgreSQL of this version; the old one is kept until --forget-old',

  async run(args, { config: { values }, log, print }) {
    const { values: options } = parseArgs({
      args: [...args],
      options: { binaries: { type: 'string' }, 'forget-old': { type: 'boolean', default: false } },
    });
    if (values.databaseUrl) {
      throw new AppError(ErrorReason.CONFLICT, 'The database of DATABASE_URL is not ours to upgrade.');
    }
    const { dataFolder } = values;
    if (options['forget-old']) {
      const removed = await forgetOlderClusters(dataFolder);
      return print(removed.length === 0 ? 'there is no older one\n' : `removed ${removed.join(', ')}\n`);
    }
    const copy = async (from: PostgresConnection, to: PostgresConnection): Promise<void> => {
      print(`copied ${await copyDatabase(urlOf(from), urlOf(to))} rows\n`);
    };
    const done = await upgradeEmbeddedPostgres({ dataFolder, log, copy, oldBinaries: options.binaries });
    print(`PostgreSQL ${done.from} has become ${done.to}; the old one is kept in ${done.kept}\n`);
    print('when all is well: ostler-control upgrade-database --forget-old\n');
  },
};

function urlOf({ user, password, host, port, database }: PostgresConnection): string {
  return `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}
