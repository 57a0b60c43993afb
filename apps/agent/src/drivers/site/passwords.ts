import { hash } from 'bcryptjs';
import type { SiteSpec } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import type { Contribution } from '../../targets/nginx';
import { passwordKey } from './inputs';

/**
 * nginx checks the hash anew in each request, with the worker waiting: cost 6 takes about 3 ms of it. Debian's
 * libcrypt verifies bcrypt.
 */
const BCRYPT_COST = 6;
/** bcrypt ignores what is behind byte 72. */
const MOST_PASSWORD_BYTES = 72;
const INPUT_PREFIX = 'password ';

interface Wanted {
  readonly field: string;
  readonly key: string;
  readonly secretUid: string;
  readonly version: number;
}

type ReadSecret = (uid: string, version: number) => Uint8Array | undefined;

export type Passwords =
  | { readonly ready: true; readonly hashes: Readonly<Record<string, string>> }
  | { readonly ready: false; readonly message: string };

/** A salted hash for each password of the spec; one that is live already is used again, so that nothing changes. */
export async function hashPasswords(
  spec: SiteSpec,
  live: Contribution['inputs'] | undefined,
  secret: ReadSecret,
): Promise<Passwords> {
  const hashes: Record<string, string> = {};
  for (const wanted of wantedBy(spec)) {
    const known = live?.[INPUT_PREFIX + wanted.key];
    if (known !== undefined) {
      hashes[wanted.key] = known;
      continue;
    }
    const password = secret(wanted.secretUid, wanted.version);
    if (!password)
      return { ready: false, message: `The password at ${wanted.field} has not arrived on this server yet.` };
    hashes[wanted.key] = await hashOne(password, wanted.field);
  }
  return { ready: true, hashes };
}

/** The hashes as inputs of a contribution: that is where the next render finds them. */
export function passwordInputs(hashes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(hashes).map(([key, value]) => [INPUT_PREFIX + key, value]));
}

async function hashOne(password: Uint8Array, field: string): Promise<string> {
  if (password.byteLength === 0 || password.includes(0))
    throw AppError.invalid(field, 'PASSWORD', 'must not be empty and must not contain a NUL.');
  if (password.byteLength > MOST_PASSWORD_BYTES)
    throw AppError.invalid(field, 'PASSWORD', `must have at most ${MOST_PASSWORD_BYTES} bytes.`);
  return hash(Buffer.from(password).toString(), BCRYPT_COST);
}

function wantedBy(spec: SiteSpec): Wanted[] {
  const of = (users: NonNullable<SiteSpec['basicAuth']>['users'], field: string): Wanted[] =>
    users.map(({ username, password }, index) => ({
      field: `${field}.users[${index}].password`,
      key: passwordKey(password?.uid ?? '', password?.version ?? 0, username),
      secretUid: password?.uid ?? '',
      version: password?.version ?? 0,
    }));
  return [
    ...of(spec.basicAuth?.users ?? [], 'basicAuth'),
    ...spec.paths.flatMap((rule, index) => of(rule.basicAuth?.users ?? [], `paths[${index}].basicAuth`)),
  ];
}
