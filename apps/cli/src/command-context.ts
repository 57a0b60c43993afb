import type { Transport } from '@connectrpc/connect';
import type { Ostler } from '@ostler/sdk';
import { AppError } from '@ostler/kernel';
import { ErrorReason } from '@ostler/contracts';
import { readContexts, type SignedIn } from './auth/context-file';
import { Connection } from './client/connection';
import { lazyOstler } from './client/lazy-ostler';
import type { Environment } from './config/environment';
import { type Style, styleOf } from './output/style';

export const DEFAULT_URL = 'http://localhost:7070';

/** What every command is given. */
export class CommandContext {
  readonly style: Style;
  private chosen: string | undefined;

  constructor(
    readonly environment: Environment,
    readonly write: (text: string) => void = (text) => void process.stdout.write(text),
  ) {
    this.style = styleOf(environment.colour);
    this.chosen = environment.context;
  }

  print(text: string): void {
    this.write(`${text}\n`);
  }

  /** Says which control plane is meant, by the name of its context; undefined leaves that as it is. */
  choose(name: string | undefined): void {
    this.chosen = name ?? this.chosen;
  }

  /** Name of the context that was asked for; undefined when the present one is meant. */
  get asked(): string | undefined {
    return this.chosen;
  }

  /** OSTLER_URL counts only where no context is named: a name that is typed says where to go. */
  get url(): string {
    const named = this.chosen === undefined ? undefined : this.stored()?.url;
    return named ?? this.environment.url ?? this.stored()?.url ?? DEFAULT_URL;
  }

  /** The client with the token of the environment or of the stored sign-in. @throws AppError UNAUTHENTICATED */
  ostler(): Ostler {
    return lazyOstler(new Connection(this.url, this.token()));
  }

  anonymous(url: string): Ostler {
    return lazyOstler(new Connection(url, undefined));
  }

  /** The way to the control plane, for what is no method of the client. @throws AppError UNAUTHENTICATED */
  transport(): Promise<Transport> {
    return new Connection(this.url, this.token()).transport();
  }

  token(): string {
    const token = this.environment.token ?? this.stored()?.token;
    if (token !== undefined) return token;
    throw new AppError(ErrorReason.UNAUTHENTICATED, 'No sign-in is stored and OSTLER_TOKEN is not set.');
  }

  /** The stored sign-in that is meant. @throws AppError when a context is named that is not there. */
  stored(): SignedIn | undefined {
    const { current, contexts } = readContexts(this.environment.contextFile);
    const found = contexts[this.chosen ?? current];
    if (found || this.chosen === undefined) return found;
    const known = Object.keys(contexts).join(', ') || 'none yet';
    throw AppError.invalid(
      '--context',
      'NOT_FOUND',
      `there is no context "${this.chosen}"; there are: ${known}. Make it: ostler sign-in --context ${this.chosen} --url URL`,
    );
  }
}
