import { AppError } from '@ostler/kernel';
import type { Files } from '../../host/fs';

const TOKEN = /^[A-Za-z0-9_-]{1,256}$/;
const KEY_AUTHORIZATION = /^[A-Za-z0-9_.-]{1,512}$/;

/** Answers of HTTP-01 challenges (RFC 8555 section 8.3) as files that nginx serves on port 80 of every site. */
export class Challenges {
  /** @param root the folder that nginx serves `/.well-known/acme-challenge/` from */
  constructor(
    private readonly files: Files,
    private readonly root: string,
  ) {}

  async serve(token: string, keyAuthorization: string): Promise<void> {
    if (!TOKEN.test(token)) throw AppError.invalid('token', 'NOT_A_TOKEN', 'it is not a token of RFC 8555');
    if (!KEY_AUTHORIZATION.test(keyAuthorization)) {
      throw AppError.invalid(
        'key_authorization',
        'NOT_A_KEY_AUTHORIZATION',
        'it has characters that none has',
      );
    }
    let folder = this.root;
    for (const part of ['', '/.well-known', '/acme-challenge']) {
      folder += part;
      await this.files.makeFolder(folder, 0o755);
    }
    await this.files.writeAtomic(`${folder}/${token}`, keyAuthorization, { mode: 0o644 });
  }

  async withdraw(token: string): Promise<void> {
    if (TOKEN.test(token)) await this.files.removeTree(`${this.root}/.well-known/acme-challenge/${token}`);
  }
}
