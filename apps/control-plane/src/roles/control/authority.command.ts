import { parseArgs } from 'node:util';

import { AppError } from '@ostler/kernel';

import { AuthorityModule, AuthorityRotation, type AuthorityStatus } from '../../authority';
import { beside } from './beside';
import type { ControlCommand } from './control-command';

/** Replaces the certificate authority while servers are away. Works beside a running control plane. */
export const authorityCommand: ControlCommand = {
  usage: 'status | rotate | retire [--force]',
  summary: 'tells of the certificate authority, makes a new one, ends the trust in the one before',

  async run(args, context) {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { force: { type: 'boolean', default: false } },
    });
    const status = await beside(context, [AuthorityModule], (app) =>
      act(app.get(AuthorityRotation), positionals[0], values.force),
    );
    context.print(told(status));
  },
};

function act(
  rotation: AuthorityRotation,
  what: string | undefined,
  force: boolean,
): Promise<AuthorityStatus> {
  if (what === 'status') return rotation.status();
  if (what === 'rotate') return rotation.rotate();
  if (what === 'retire') return rotation.retire(force);
  throw AppError.invalid('authority', 'UNKNOWN', 'say status, rotate or retire');
}

function told({ pin, formerRoots, waitingFor }: AuthorityStatus): string {
  const waiting =
    waitingFor.length === 0 ? 'every server has it' : `not taken yet by: ${waitingFor.join(', ')}`;
  const former =
    formerRoots === 0 ? 'no root before it is trusted' : `${formerRoots} roots before it are trusted too`;
  return `root  ${pin}\n      ${former}\n      ${waiting}\n`;
}
