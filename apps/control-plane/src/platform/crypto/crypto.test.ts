import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  hashPassword,
  hashToken,
  newFirstPassword,
  newToken,
  readMasterKey,
  useOfToken,
  Vault,
  verifyPassword,
} from '.';

describe('the vault', () => {
  const vault = new Vault(Buffer.alloc(32, 7));
  const plain = Buffer.from('a secret');

  it('opens what it sealed, in its place only', () => {
    const sealed = vault.seal(plain, 'secret 1');
    expect(vault.open(sealed, 'secret 1')).toEqual(plain);
    expect(() => vault.open(sealed, 'secret 2')).toThrow();
    expect(() => new Vault(randomBytes(32)).open(sealed, 'secret 1')).toThrow();
    expect(sealed.includes(plain)).toBe(false);
    expect(vault.seal(plain, 'secret 1')).not.toEqual(sealed);
  });

  it('notices every changed byte and every cut', () => {
    const sealed = vault.seal(plain, 'p');
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      expect(() => vault.open(changed, 'p')).toThrow();
      expect(() => vault.open(sealed.subarray(0, at), 'p')).toThrow();
    }
  });

  // Golden bytes (docs/adr/0201): what is stored must open for ever, and compare equal for ever.
  it('opens what an earlier release stored', () => {
    const stored = Buffer.from('AV8bkG4RWzcWtsihElKLY10X3dVXb0TOpoJ/ToDtN70x2YqBmQ==', 'base64');
    expect(vault.open(stored, 'secret 1')).toEqual(plain);
    const hmac = '289bf113a58400d8d8b9de96be0040031dab856746b731a8ff8fba01e3817ca0';
    expect(vault.hmac('a', plain).toString('hex')).toBe(hmac);
  });

  it('tells equal values by a keyed hash that depends on the purpose', () => {
    expect(vault.hmac('a', plain)).toEqual(vault.hmac('a', plain));
    expect(vault.hmac('a', plain)).not.toEqual(vault.hmac('b', plain));
    expect(new Vault(randomBytes(32)).hmac('a', plain)).not.toEqual(vault.hmac('a', plain));
  });
});

describe('tokens', () => {
  it('say what they are for, and a mistyped one is known without a look-up', () => {
    for (const use of ['session', 'api', 'join'] as const) {
      const token = newToken(use);
      expect(useOfToken(token)).toBe(use);
      const at = 12;
      expect(
        useOfToken(token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)),
      ).toBeUndefined();
      expect(useOfToken(token.slice(0, -1))).toBeUndefined();
    }
    expect(useOfToken(newToken('api').replace('ost_api', 'ost_join'))).toBeUndefined();
  });
});

describe('what an earlier release gave out', () => {
  it('is known again', async () => {
    const token = 'ost_api_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8fb42c519';
    expect(useOfToken(token)).toBe('api');
    expect(hashToken(token).toString('hex')).toBe(
      'a66781b151b8f7149458eb8f6c6aa19b3dfcd1c886dae5fb238f6cad6168ee66',
    );
    expect(
      await verifyPassword(
        'correct horse battery',
        '$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$quyusfeeuAGbpiw09i+j4VKJ+I/5h3mugd4HghmS/x8',
      ),
    ).toBe(true);
  });
});

describe('passwords', () => {
  it('are compared by argon2id, as the same text however it is composed', async () => {
    const hash = await hashPassword('Zoë is here 1234');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await verifyPassword('Zoe\u0308 is here 1234', hash)).toBe(true);
    expect(await verifyPassword('Zoe is here 1234', hash)).toBe(false);
    await expect(verifyPassword('x', 'plain text')).rejects.toThrow('not an argon2id hash');
  });

  it('of the first day are long and unlike each other', () => {
    const made = new Set(Array.from({ length: 100 }, newFirstPassword));
    expect(made.size).toBe(100);
    for (const password of made) expect(password).toMatch(/^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
  });
});

describe('the master key', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'ostler-key-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('is made once, for its owner alone', async () => {
    const file = join(folder, 'master.key');
    const made = await Promise.all([1, 2, 3].map(() => readMasterKey(file).catch(() => undefined)));
    const first = await readMasterKey(file);
    expect(first.isNew).toBe(false);
    expect(made.filter((one) => one?.isNew)).toHaveLength(1);
    for (const one of made) if (one) expect(one.key).toEqual(first.key);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file)).toHaveLength(32);
  });

  it('is refused when others may read it or it is none', async () => {
    const file = join(folder, 'master.key');
    await readMasterKey(file);
    await chmod(file, 0o644);
    await expect(readMasterKey(file)).rejects.toThrow('chmod 600');
    await writeFile(file, 'short');
    await expect(readMasterKey(file)).rejects.toThrow('5 bytes');
  });
});
