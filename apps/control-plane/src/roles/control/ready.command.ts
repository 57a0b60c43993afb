import { ErrorReason } from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';

import { readAddresses } from '../own-addresses';
import type { ControlCommand } from './control-command';

const answerWithinMs = 5_000;

/** For scripts that wait for it. */
export const readyCommand: ControlCommand = {
  usage: '',
  summary: 'tells where the console is when everything is well, else what is not',

  async run(_args, { config: { values }, print }) {
    const addresses = await readAddresses(values);
    if (!addresses) throw new AppError(ErrorReason.UNAVAILABLE, 'The control plane does not run.');
    const answer = await fetch(`${addresses.consoleUrl}/readyz`, {
      signal: AbortSignal.timeout(answerWithinMs),
    }).catch((error: unknown) => {
      throw new AppError(ErrorReason.UNAVAILABLE, `The control plane does not answer: ${messageOf(error)}`);
    });
    if (!answer.ok) throw new AppError(ErrorReason.UNAVAILABLE, (await answer.text()).trim());
    print(`${addresses.publicUrl}\n`);
  },
};
