import { openSnapshot } from '../../platform/db';
import { VERSION } from '../../version';
import { databaseUrlBeside } from '../data-folder';
import { lastBackup } from '../last-backup';
import type { ControlCommand } from './control-command';

interface Counts extends Record<string, string> {
  readonly epoch: string;
  readonly postgres: string;
  readonly servers: string;
  readonly resources: string;
}

const counts = `select i.epoch::text, current_setting('server_version') as postgres,
  (select count(*)::text from server where removed_at is null) as servers,
  (select count(*)::text from resource where deleted_at is null) as resources from installation i`;

/** What there is, also while it is stopped. */
export const statusCommand: ControlCommand = {
  usage: '',
  summary: 'tells whether it runs, its epoch, what it holds and how old the last backup is',

  async run(_args, { config: { values }, log, print }) {
    await using stack = new AsyncDisposableStack();
    const { url, isRunning } = await databaseUrlBeside(values, log, stack);
    const snapshot = await openSnapshot(url);
    stack.defer(() => snapshot.close());
    const row = await snapshot.one<Counts>(counts);
    const backup = await lastBackup(values);
    const lines = [
      ['version', VERSION],
      ['running', isRunning ? 'yes' : 'no'],
      ['data', values.dataFolder],
      ['epoch', row?.epoch ?? 'none: it was never started'],
      ['PostgreSQL', row?.postgres ?? ''],
      ['servers', row?.servers ?? '0'],
      ['resources', row?.resources ?? '0'],
      ['last backup', backup ? `${backup.takenAt}, ${backup.bytes} bytes` : 'none'],
    ];
    print(lines.map(([name, value]) => `${name!.padEnd(12)}${value}\n`).join(''));
  },
};
