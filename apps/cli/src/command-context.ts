import { createOstler, type Ostler } from '@ostler/sdk';
import { AppError } from '@ostler/kernel';
import { ErrorReason } from '@ostler/contracts';
import { readContext, type SignedIn } from './auth/context-file';
import type { Environment } from './config/environment';
import { type Style, styleOf } from './output/style';

export const DEFAULT_URL = 'http://localhost:7070';

/** What every command is given. */
export class CommandContext {
  readonly style: Style;
  private signedIn: SignedIn | undefined;

  constructor(
    readonly environment: Environment,
    readonly write: (text: string) => void = (text) => void process.stdout.write(text),
  ) {
    this.style = styleOf(environment.colour);
  }

  print(text: string): void {
    this.write(`${text}\n`);
  }

  get url(): string {
    return this.environment.url ?? this.stored()?.url ?? DEFAULT_URL;
  }

  /** The client with the token of the environment or of the stored sign-in. */
  ostler(): Ostler {
    const token = this.environment.token ?? this.stored()?.token;
    if (token === undefined) {
      throw new AppError(ErrorReason.UNAUTHENTICATED, 'No sign-in is stored and OSTLER_TOKEN is not set.');
    }
    return createOstler({ baseUrl: this.url, token, userAgent: 'ostler-cli' });
  }

  anonymous(url: string): Ostler {
    return createOstler({ baseUrl: url, userAgent: 'ostler-cli' });
  }

  stored(): SignedIn | undefined {
    return (this.signedIn ??= readContext(this.environment.contextFile));
  }
}
