import { parseArgs } from 'node:util';
import { ErrorReason } from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';
import type { Environment } from './config';

export interface JoinArguments {
  readonly controlUrl: string;
  readonly token: string;
  /** Empty, and no pin of the listener: the roots of this server are trusted. */
  readonly caPin: string;
  /** Of the public listener's own key; empty: the root's pin alone decides. */
  readonly listenerPin: string;
  /** Empty: the control plane is reached straight. */
  readonly proxy: string;
  /** Wished name of the server; empty means its host name. */
  readonly name: string;
}

export type CommandLine =
  | { readonly command: 'run' }
  | { readonly command: 'version' }
  | { readonly command: 'help' }
  | { readonly command: 'status' }
  | { readonly command: 'join'; readonly join: JoinArguments };

export const USAGE = `ostler-agent run
    Serve this server. Settings: OSTLER_STATE_FOLDER and the others in the documentation.
ostler-agent join --control URL --token TOKEN [--listener-pin PIN] [--ca-pin PIN] [--name NAME] [--proxy URL]
    Join a control plane, once. Without a pin the roots of this server must lead to its certificate. The token may be in OSTLER_JOIN_TOKEN instead, where no other user sees it.
ostler-agent status
    Say whether this server has joined, as which, and with which key.
ostler-agent version
`;

/** @throws AppError INVALID for what is not in the usage text. */
export function readCommandLine(args: readonly string[], environment: Environment): CommandLine {
  const [command = 'help', ...rest] = args;
  switch (command) {
    case 'run':
    case 'version':
    case 'help':
    case 'status':
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
  let values: Partial<Record<(typeof JOIN_OPTIONS)[number], string>>;
  const options = Object.fromEntries(JOIN_OPTIONS.map((name) => [name, { type: 'string' as const }]));
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw misuse(messageOf(error));
  }
  const { control, token = environment['OSTLER_JOIN_TOKEN'], name = '', proxy = '' } = values;
  if (!control) throw misuse('--control is missing');
  if (!token) throw misuse('--token is missing');
  const { 'ca-pin': caPin = '', 'listener-pin': listenerPin = '' } = values;
  return { controlUrl: control, token, caPin, listenerPin, name, proxy };
}

const JOIN_OPTIONS = ['control', 'token', 'ca-pin', 'listener-pin', 'name', 'proxy'] as const;

function misuse(why: string): AppError {
  return new AppError(ErrorReason.INVALID, `${why}.\n\n${USAGE}`);
}
