import { createHash } from 'node:crypto';
import type { SiteSpec } from '@ostler/contracts';
import {
  directive,
  block,
  ownFile,
  template,
  variable,
  type Argument,
  type ContributedFile,
  type Directive,
  type Part,
  type ServerFacts,
} from '../../../targets/nginx';
import type { SiteInputs } from '../inputs';

/** Bytes of text in one argument; every one of them may be written as a variable of 16 bytes. */
export const PIECE_CHARACTERS = 200;

/** One site being rendered: what it is made from, and the shared lines and files that its parts ask for. */
export class Rendering {
  readonly http: Directive[] = [];
  readonly files: ContributedFile[] = [];
  private readonly known = new Set<string>();

  constructor(
    readonly uid: string,
    readonly spec: SiteSpec,
    readonly inputs: SiteInputs,
    readonly facts: ServerFacts,
  ) {}

  /** A name in nginx's global name space that no other site uses and that changes with its parameters. */
  globalName(purpose: string, ...parameters: readonly (string | number)[]): string {
    const hash = createHash('sha256').update(JSON.stringify([this.uid, purpose, ...parameters]));
    return `ostler_${purpose}_${hash.digest('hex').slice(0, 20)}`;
  }

  /** Adds a line of the `http` block once, however often it is asked for. */
  share(key: string, node: Directive): void {
    if (this.known.has(key)) return;
    this.known.add(key);
    this.http.push(node);
  }

  addFile(name: string, content: string, secret = false): Part {
    if (!this.files.some((file) => file.name === name)) this.files.push({ name, content, secret });
    return ownFile(name);
  }

  /** Literal text of any length: what does not fit one argument of nginx is joined from variables. */
  text(value: string): Argument {
    if (value.length <= PIECE_CHARACTERS) return value;
    const pieces = value.match(new RegExp(`[^]{1,${PIECE_CHARACTERS}}`, 'gu')) ?? [];
    return template(
      ...pieces.map((piece) => {
        const name = this.globalName('text', piece);
        this.share(name, block('geo', [template(variable(name))], [directive('default', piece)]));
        return variable(name);
      }),
    );
  }
}
