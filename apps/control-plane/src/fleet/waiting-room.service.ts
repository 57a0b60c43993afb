import { Injectable } from '@nestjs/common';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { UnitOfWork, Wake } from '../platform/db';
import { ServerAdmission } from './admission.service';
import { JoinTokenRepository, type TakenToken } from './join-token.repository';
import type { JoinedServer, JoiningMachine } from './joining-server.repository';
import { ServerRepository } from './server.repository';
import { WaitingRoomRepository, type WaitingRow } from './waiting-room.repository';

/** More than that came with one token and wait: nobody compares so many keys, so it is a flood. */
export const MOST_WAITING = 100;
const FULL_RETRY_SECONDS = 60;
/** An agent that waits asks every few seconds. */
const SILENT_MINUTES = 60;

/**
 * Servers whose token says that somebody has to let them in.
 *
 *     asked -> waiting -> let in: a server, at its next call
 *                |     -> turned away: told so at its next call
 *                '- silent for an hour: gave up, on no list -- asks again -> waiting
 */
@Injectable()
export class WaitingRoom {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly repository: WaitingRoomRepository,
    private readonly tokens: JoinTokenRepository,
    private readonly servers: ServerRepository,
    private readonly admission: ServerAdmission,
  ) {}

  /**
   * A server asks, for the first time or again; within the join's unit. Who waits goes on waiting when the token
   * runs out meanwhile. False: the token lets nobody in.
   *
   * @throws AppError DENIED when somebody turned it away, THROTTLED when too many wait.
   */
  async ask(token: TakenToken, machine: JoiningMachine, hostname: string): Promise<boolean> {
    const row = await this.repository.findByKey(token.uid, machine.keySha256);
    if (row?.let_in === false) throw turnedAway();
    if (row?.decided_at === null && canBeSpent(token)) {
      await this.repository.askedAgain(row.uid, machine.address);
      return true;
    }
    if (row?.let_in === null && canBeSpent(token)) {
      await this.repository.cameBack(row.uid, machine.address);
      this.wake.notify('waiting-servers');
      return true;
    }
    // Let in once and removed since, it comes as nobody.
    if (row || !token.usable) return false;
    if ((await this.repository.countWaiting(token.uid)) >= MOST_WAITING) throw full();
    await this.repository.insert(token, machine, hostname);
    this.wake.notify('waiting-servers');
    return true;
  }

  /** Takes those off the list that ask no more: their operators gave up, or made other keys. */
  async takeOffSilent(): Promise<void> {
    await this.unitOfWork.asSystem('join', async () => {
      if ((await this.repository.giveUp(SILENT_MINUTES)) > 0) this.wake.notify('waiting-servers');
    });
  }

  waiting(): Promise<WaitingRow[]> {
    return this.repository.waiting();
  }

  /**
   * Lets a server in, or turns it away; within the caller's unit of work. The server is there at once, its agent
   * learns it at its next call.
   *
   * @throws AppError NOT_FOUND, or CONFLICT when somebody decided before or the token ended meanwhile.
   */
  async decide(uid: string, letIn: boolean): Promise<JoinedServer | undefined> {
    const row = await this.repository.find(uid);
    if (!row) throw AppError.notFound(`Waiting server ${uid}`);
    if (!(await this.repository.decide(uid, letIn))) {
      throw new AppError(
        ErrorReason.CONFLICT,
        `Somebody has decided about ${row.name} already, or it gave up.`,
      );
    }
    this.wake.notify('waiting-servers');
    return letIn ? this.unitOfWork.asSystem('join', () => this.letIn(row)) : undefined;
  }

  /** For watches, as of servers. */
  changesSince(tenantUids: readonly string[], sinceVersion: bigint) {
    return this.unitOfWork.asTenant(tenantUids, async () => {
      const version = await this.servers.horizon();
      const rows = await this.repository.changedSince(sinceVersion);
      return {
        changed: rows.filter(({ decided_at }) => decided_at === null),
        removed: rows.filter(({ decided_at }) => decided_at !== null).map(({ uid }) => uid),
        version,
      };
    });
  }

  private async letIn(row: WaitingRow): Promise<JoinedServer> {
    const token = await this.tokens.take(row.token_uid);
    if (!token || !canBeSpent(token)) throw tokenEnded(row.name);
    return this.admission.admit(token, {
      keySha256: row.key_sha256,
      name: row.name,
      agentVersion: row.agent_version,
      machine: row.machine,
      address: row.address,
    });
  }
}

/** Its time may be over: the server asked before that. */
function canBeSpent({ revoked_at, uses, maximum_uses }: TakenToken): boolean {
  return revoked_at === null && uses < maximum_uses;
}

function turnedAway(): AppError {
  return new AppError(ErrorReason.DENIED, 'An operator has turned this server away.');
}

function full(): AppError {
  const message = `${MOST_WAITING} servers wait to be let in with this token. Decide about them first.`;
  return new AppError(ErrorReason.THROTTLED, message, { retryAfterSeconds: FULL_RETRY_SECONDS });
}

function tokenEnded(name: string): AppError {
  const message = `The token that ${name} came with was revoked or is used up by other servers. Make a new one and join it again.`;
  return new AppError(ErrorReason.CONFLICT, message);
}
