import { AppError, messageOf } from '@ostler/kernel';
import type { Files } from '../host/fs';
import type { LogLevel } from '../telemetry';
import type { AgentConfig, FirstJoinConfig, Folders, NginxConfig } from './agent-config';
import { SETTINGS, type SettingName } from './settings';

const DEFAULT_FILE = '/etc/ostler/agent.json';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process; nothing else of the agent reads it. */
export function processEnvironment(): Environment {
  return process.env;
}

/**
 * The configuration, from the environment first, then from /etc/ostler/agent.json (OSTLER_AGENT_FILE names
 * another), then defaults. A name that is not known there is refused: a typing error must not pass unseen.
 */
export async function loadConfig(environment: Environment, files: Files): Promise<AgentConfig> {
  const path = environment['OSTLER_AGENT_FILE'] ?? DEFAULT_FILE;
  const file = await readFile(path, files);
  const value = (name: SettingName): string => environment[name] ?? file[name] ?? SETTINGS[name].default;
  return Object.freeze({
    folders: foldersBelow(folder('OSTLER_STATE_FOLDER', value)),
    nginx: nginxConfig(value),
    reach: Object.freeze({
      controlUrl: value('OSTLER_CONTROL_URL') || undefined,
      agentAddress: value('OSTLER_AGENT_ADDRESS') || undefined,
      proxy: value('OSTLER_PROXY') || undefined,
    }),
    firstJoin: firstJoin(value),
    logLevel: oneOf('OSTLER_LOG_LEVEL', value, ['debug', 'info', 'warn', 'error'] satisfies LogLevel[]),
    failpoint: environment['OSTLER_FAILPOINT'],
  });
}

type Value = (name: SettingName) => string;

function nginxConfig(value: Value): NginxConfig {
  return Object.freeze({
    mode: oneOf('OSTLER_NGINX_MODE', value, ['auto', 'private']),
    httpPort: port('OSTLER_NGINX_HTTP_PORT', value),
    httpsPort: port('OSTLER_NGINX_HTTPS_PORT', value),
  });
}

function firstJoin(value: Value): FirstJoinConfig | undefined {
  const [token, controlUrl] = [value('OSTLER_JOIN_TOKEN'), value('OSTLER_CONTROL_URL')];
  if (token === '' || controlUrl === '') return undefined;
  return Object.freeze({
    controlUrl,
    token,
    listenerPin: value('OSTLER_LISTENER_PIN'),
    caPin: value('OSTLER_CA_PIN'),
    name: value('OSTLER_SERVER_NAME'),
  });
}

function foldersBelow(state: string): Folders {
  return Object.freeze({
    state,
    store: `${state}/store`,
    identity: `${state}/identity`,
    certificates: `${state}/certificates`,
    operations: `${state}/operations`,
    units: `${state}/units`,
    releases: `${state}/releases`,
    nginx: `${state}/nginx`,
  });
}

async function readFile(path: string, files: Files): Promise<Partial<Record<SettingName, string>>> {
  const bytes = await files.read(path, 65_536);
  if (!bytes) return {};
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw AppError.invalid(path, 'INVALID', `it is not JSON (${messageOf(error)}).`);
  }
  if (typeof content !== 'object' || content === null)
    throw AppError.invalid(path, 'INVALID', 'it is not an object.');
  for (const [name, text] of Object.entries(content)) {
    if (!(name in SETTINGS))
      throw AppError.invalid(name, 'UNKNOWN_SETTING', `${path} names a setting that does not exist.`);
    if (typeof text !== 'string')
      throw AppError.invalid(name, 'INVALID', `its value in ${path} is not a text.`);
  }
  return content;
}

function folder(name: SettingName, value: Value): string {
  const path = value(name).replace(/\/+$/, '');
  if (!path.startsWith('/'))
    throw AppError.invalid(name, 'INVALID', `${JSON.stringify(path)} is not an absolute path.`);
  return path;
}

function port(name: SettingName, value: Value): number | undefined {
  if (value(name) === '') return undefined;
  const number = Number(value(name));
  if (Number.isInteger(number) && number >= 1 && number <= 65_535) return number;
  throw AppError.invalid(name, 'INVALID', `${JSON.stringify(value(name))} is not a port (1 to 65535).`);
}

function oneOf<T extends string>(name: SettingName, value: Value, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value(name));
  if (found) return found;
  throw AppError.invalid(
    name,
    'INVALID',
    `${JSON.stringify(value(name))} is not one of ${allowed.join(', ')}.`,
  );
}
