import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { FirstOwner } from '../../identity';
import { beside } from './beside';
import type { ControlCommand } from './control-command';

/** Gives an owner (or the person with this e-mail) a new first password. Works beside a running control plane. */
export const resetLoginCommand: ControlCommand = {
  usage: '[EMAIL]',
  summary: 'makes a new first password for the owner, or for this person',

  async run([email], context) {
    const login = await beside(context, [], (app) => app.get(FirstOwner).resetLogin(email));
    if (!login) {
      throw new AppError(
        ErrorReason.NOT_FOUND,
        email ? `Nobody has the e-mail ${email}.` : 'There is no owner yet.',
      );
    }
    context.print(`${login.email}   ${login.password}\nto be changed at the next sign-in\n`);
  },
};
