import { Injectable } from '@nestjs/common';
import { AppError, newUid } from '@ostler/kernel';
import { AuthorityService, ListenerKeys } from '../authority';
import { hashToken, newToken } from '../platform/crypto';
import { Addresses } from '../platform/http';
import { cloudInit, joinCommand } from './join-command';
import {
  JoinTokenRepository,
  type JoinTokenRow,
  type JoinUseRow,
  type NewJoinToken,
} from './join-token.repository';
import { ServerRepository } from './server.repository';

export interface JoinTokenWish extends Omit<NewJoinToken, 'uid' | 'hash' | 'replacesServerUid'> {
  /** Name; empty for a new server. */
  readonly replacesServer: string;
}

/** A token with the names that people see. */
export interface ListedToken {
  readonly row: JoinTokenRow;
  readonly replacesServer: string;
  readonly usedBy: readonly JoinUseRow[];
}

/** Join tokens, within the caller's unit of work. */
@Injectable()
export class JoinTokenService {
  constructor(
    private readonly tokens: JoinTokenRepository,
    private readonly servers: ServerRepository,
    private readonly authority: AuthorityService,
    private readonly keys: ListenerKeys,
    private readonly addresses: Addresses,
  ) {}

  /**
   * The token is shown this once.
   *
   * @throws AppError NOT_FOUND for a server to replace that is not there, INVALID when more than one machine could.
   */
  async create({ replacesServer, ...wish }: JoinTokenWish) {
    if (replacesServer && wish.maximumUses > 1) throw oneMachineOnly();
    const replaced = replacesServer ? await this.servers.byName(replacesServer) : undefined;
    if (replacesServer && !replaced) throw AppError.notFound(`Server ${replacesServer}`);
    const token = newToken('join');
    const parts = { uid: newUid(), hash: hashToken(token), replacesServerUid: replaced?.uid };
    const row = await this.tokens.insert({ ...wish, ...parts });
    const target = {
      url: this.addresses.publicUrl,
      listenerPin: this.keys.pin(),
      caPin: this.authority.caPin(),
      token,
    };
    return {
      listed: { row, replacesServer, usedBy: [] } satisfies ListedToken,
      token,
      command: joinCommand(target),
      cloudInit: cloudInit(target),
    };
  }

  async list(): Promise<ListedToken[]> {
    const rows = await this.tokens.list();
    const uses = Map.groupBy(
      await this.tokens.uses(rows.map(({ uid }) => uid)),
      ({ token_uid }) => token_uid,
    );
    return Promise.all(
      rows.map(async (row) => ({
        row,
        replacesServer: await this.nameOf(row.replaces_server_uid),
        usedBy: uses.get(row.uid) ?? [],
      })),
    );
  }

  /** @throws AppError NOT_FOUND */
  async revoke(uid: string): Promise<void> {
    if ((await this.tokens.revoke(uid)) === 0) throw AppError.notFound(`Join token ${uid}`);
  }

  private async nameOf(serverUid: string | null): Promise<string> {
    return serverUid === null ? '' : ((await this.servers.byUid(serverUid))?.name ?? '');
  }
}

function oneMachineOnly(): AppError {
  return AppError.invalid(
    'maximum_uses',
    'REPLACES_SERVER',
    'one machine alone can take the place of a server.',
  );
}
