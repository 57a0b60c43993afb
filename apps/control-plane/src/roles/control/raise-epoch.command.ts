import { parseArgs } from 'node:util';

import { AppError } from '@ostler/kernel';

import { nextEpoch } from '../../backup';
import { execute, queryOne, UnitOfWork } from '../../platform/db';
import { beside } from './beside';
import type { ControlCommand } from './control-command';

/** Makes this control plane the one that servers follow, when two claim them. */
export const raiseEpochCommand: ControlCommand = {
  usage: '[--above EPOCH]',
  summary: 'makes servers follow this control plane and no older one; restart it afterwards',

  async run(args, context) {
    const { values } = parseArgs({ args: [...args], options: { above: { type: 'string', default: '0' } } });
    if (!/^\d{1,18}$/.test(values.above))
      throw AppError.invalid('--above', 'INVALID', `${values.above} is no epoch`);
    const epoch = await beside(context, [], (app) =>
      app.get(UnitOfWork).asSystem('restore', () => raise(BigInt(values.above))),
    );
    context.print(`the epoch is ${epoch} now; restart the control plane, and servers follow it\n`);
  },
};

async function raise(above: bigint): Promise<bigint> {
  const row = await queryOne<{ epoch: bigint }>('select epoch from installation for update');
  if (!row) throw AppError.notFound('The installation');
  const epoch = nextEpoch(row.epoch > above ? row.epoch : above, new Date());
  await execute('update installation set epoch = $1', [epoch]);
  await execute(`insert into epoch_raise (epoch, reason) values ($1, 'raised by hand')`, [epoch]);
  await execute(
    `insert into manifest_wanted (server_uid) select uid from server where removed_at is null
     on conflict (server_uid) do update set wanted_at = clock_timestamp()`,
  );
  return epoch;
}
