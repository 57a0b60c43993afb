import { homedir, networkInterfaces } from 'node:os';
import { isAbsolute, join } from 'node:path';

import { AppError } from '@ostler/kernel';

import { Config } from './config';
import { type SettingName, settings } from './settings';

export type Environment = Readonly<Record<string, string | undefined>>;

type Read = (name: SettingName) => string;

/** The environment of this process. */
export function processEnvironment(): Environment {
  return process.env;
}

/** @throws AppError INVALID that names the setting, for a value that is none and for a name that is misspelt. */
export function loadConfig(environment: Environment, isRoot: boolean): Config {
  refuseMisspelt(environment);
  const read: Read = (name) => environment[name]?.trim() || settings[name].default;
  const dataFolder = folder(read, isRoot);
  return new Config({
    dataFolder,
    databaseUrl: url('DATABASE_URL', read),
    databaseDirectUrl: url('DATABASE_DIRECT_URL', read),
    httpPort: port('OSTLER_HTTP_PORT', read),
    publicPort: port('OSTLER_PUBLIC_PORT', read),
    agentPort: port('OSTLER_AGENT_PORT', read),
    publicListen: read('OSTLER_PUBLIC_LISTEN') || everyAddress(),
    publicAddress: host('OSTLER_PUBLIC_ADDRESS', read('OSTLER_PUBLIC_ADDRESS')),
    hosts: hosts(read('OSTLER_HOSTS')),
    tls: tlsFiles(read),
    masterKeyFile: read('OSTLER_MASTER_KEY_FILE') || join(dataFolder, 'master.key'),
    agentReleasesFolder: read('OSTLER_AGENT_RELEASES') || undefined,
    ownerEmail: read('OSTLER_OWNER_EMAIL'),
    localAgent: oneOf('OSTLER_LOCAL_AGENT', read, ['on', 'off']) === 'on',
    exampleSite: oneOf('OSTLER_EXAMPLE_SITE', read, ['on', 'off']) === 'on',
    logLevel: oneOf('OSTLER_LOG_LEVEL', read, ['debug', 'info', 'warn', 'error']),
    keep: {
      outputDays: count('OSTLER_KEEP_OUTPUT_DAYS', read),
      releaseDays: count('OSTLER_KEEP_RELEASE_DAYS', read),
      releaseRevisions: count('OSTLER_KEEP_RELEASE_REVISIONS', read),
      removalDays: count('OSTLER_KEEP_REMOVAL_DAYS', read),
      secretDays: count('OSTLER_KEEP_SECRET_DAYS', read),
    },
    failpoint: environment['OSTLER_FAILPOINT'],
  });
}

/** Read by other programs of ours, which may share the environment. */
const othersNames =
  /^OSTLER_(CACHE|ROOT|RELEASE_KEY|URL|TOKEN|PASSWORD|NEW_PASSWORD|CONFIG|STATE_FOLDER|CONTROL_URL|AGENT_ADDRESS|JOIN_TOKEN|LISTENER_PIN|CA_PIN|SERVER_NAME|PROXY|NGINX_\w+|AGENT_FILE|FAILPOINT|TREE|TEST_\w+)$/;

function refuseMisspelt(environment: Environment): void {
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('OSTLER_') || name in settings || othersNames.test(name)) continue;
    throw AppError.invalid(name, 'UNKNOWN_SETTING', 'is no setting; docs/settings.md has them all');
  }
}

function folder(read: Read, isRoot: boolean): string {
  const given = read('OSTLER_DATA') || (isRoot ? '/var/lib/ostler' : join(homedir(), '.local/share/ostler'));
  if (!isAbsolute(given))
    throw AppError.invalid('OSTLER_DATA', 'INVALID', `${given} is not an absolute path`);
  return given;
}

/** `::` takes IPv4 too, but cannot be listened on where the kernel has no IPv6. */
function everyAddress(): '::' | '0.0.0.0' {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.some(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0';
}

function url(name: SettingName, read: Read): string | undefined {
  const text = read(name);
  if (text === '') return undefined;
  // The value itself may hold a password and is not repeated.
  if (!/^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? '')) {
    throw AppError.invalid(name, 'INVALID', 'is not a postgres:// URL');
  }
  return text;
}

function port(name: SettingName, read: Read): number {
  const text = read(name);
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number > 65_535)
    throw AppError.invalid(name, 'INVALID', `${text} is not a port`);
  return number;
}

function count(name: SettingName, read: Read): number {
  const text = read(name);
  if (!/^\d{1,4}$/.test(text))
    throw AppError.invalid(name, 'INVALID', `${text} is not a whole number from 0 to 9999`);
  return Number(text);
}

function host(name: SettingName, text: string): string | undefined {
  if (text === '') return undefined;
  const bracketed = text.includes(':') && !text.startsWith('[') ? `[${text}]` : text;
  const parsed = /[/@?#\\\s]/.test(text) ? null : URL.parse(`https://${bracketed}`);
  if (!parsed || parsed.port !== '') {
    throw AppError.invalid(name, 'INVALID', `${text} is not a host name or address without scheme and port`);
  }
  return text;
}

function hosts(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  return names.flatMap((name) => host('OSTLER_HOSTS', name) ?? []);
}

function tlsFiles(read: Read) {
  const [certificateFile, keyFile] = [read('OSTLER_TLS_CERTIFICATE'), read('OSTLER_TLS_KEY')];
  if (certificateFile === '' && keyFile === '') return undefined;
  if (certificateFile === '' || keyFile === '') {
    throw AppError.invalid(
      'OSTLER_TLS_KEY',
      'INVALID',
      'certificate and key are given together or not at all',
    );
  }
  return { certificateFile, keyFile };
}

function oneOf<const T extends string>(name: SettingName, read: Read, choices: readonly T[]): T {
  const text = read(name);
  const found = choices.find((choice) => choice === text);
  if (!found) throw AppError.invalid(name, 'INVALID', `${text} is none of ${choices.join(', ')}`);
  return found;
}
