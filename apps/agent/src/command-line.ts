import { parseArgs } from 'node:util';
import { ErrorReason } from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';
import type { Environment } from './config';

export interface JoinArguments {
  readonly controlUrl: string;
  readonly token: string;
  /** Empty: the roots of this server are trusted. */
  readonly caPin: string;
  /** Wished name of the server; empty means its host name. */
  readonly name: string;
}

export type CommandLine =
  | { readonly command: 'run' }
  | { readonly command: 'version' }
  | { readonly command: 'help' }
  | { readonly command: 'join'; readonly join: JoinArguments };

export const USAGE = `ostler-agent run
    Serve this server. Settings: OSTLER_STATE_FOLDER and the others in the documentation.
ostler-agent join --control URL --token TOKEN [--ca-pin PIN] [--name NAME]
    Join a control plane, once. Without a pin the roots of this server must lead to its certificate. The token may be in OSTLER_JOIN_TOKEN instead, where no other user sees it.
ostler-agent version
`;

/** @throws AppError INVALID for what is not in the usage text. */
export function readCommandLine(args: readonly string[], environment: Environment): CommandLine {
  const [command = 'help', ...rest] = args;
  switch (command) {
    case 'run':
    case 'version':
    case 'help':
      if (rest.length > 0) throw misuse(`${command} takes no arguments`);
      return { command };
    case '--version':
    case '--help':
      return { command: command === '--version' ? 'version' : 'help' };
    case 'join':
      return { command, join: readJoin(rest, environment) };
    default:
      throw misuse(`${JSON.stringify(command)} is not a command`);
  }
}

function readJoin(args: string[], environment: Environment): JoinArguments {
  const text = { type: 'string' } as const;
  let values: { control?: string; token?: string; 'ca-pin'?: string; name?: string };
  try {
    ({ values } = parseArgs({ args, options: { control: text, token: text, 'ca-pin': text, name: text } }));
  } catch (error) {
    throw misuse(messageOf(error));
  }
  const { control, token = environment['OSTLER_JOIN_TOKEN'], 'ca-pin': caPin = '', name = '' } = values;
  if (!control) throw misuse('--control is missing');
  if (!token) throw misuse('--token is missing');
  return { controlUrl: control, token, caPin, name };
}

function misuse(why: string): AppError {
  return new AppError(ErrorReason.INVALID, `${why}.\n\n${USAGE}`);
}
