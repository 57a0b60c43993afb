import { toBinary } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { type Hello, Hold_Cause, type ServerReport, ServerReportSchema } from '@ostler/contracts';
import { Gather, systemClock } from '@ostler/kernel';
import type { AgentServer, HelloOutcome, LiveAgent } from '../link';
import { Vault } from '../platform/crypto';
import { execute, isDatabaseAway, UnitOfWork, Wake } from '../platform/db';
import { judgeHello } from './hello-judgement';
import { rekeyNonce } from './rekey-nonce';
import { type TakenRow, TrustRepository } from './trust.repository';

export interface SaidHello {
  readonly server: AgentServer;
  readonly hello: Hello;
  readonly live: () => LiveAgent | undefined;
}

interface JudgedHello extends SaidHello {
  readonly letIn: boolean;
}

/** Hellos of one transaction: a fleet that comes back says a thousand within seconds, and each is made durable. */
const MOST_TOGETHER = 64;

const shutOut: HelloOutcome = { letIn: false, message: 'This server was removed or revoked.' };

/** Judges hellos and keeps what they tell of their servers. */
@Injectable()
export class HelloIntake {
  /** Two of one server go one after the other: the second is judged by what the first has left. */
  private readonly together = new Gather<SaidHello, HelloOutcome>((said) => this.takeAll(said), {
    most: MOST_TOGETHER,
    keyOf: ({ server }) => server.uid,
    isForAll: isDatabaseAway,
  });

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly trust: TrustRepository,
    private readonly vault: Vault,
  ) {}

  /** Durable when it resolves. */
  take(said: SaidHello): Promise<HelloOutcome> {
    return this.together.ask(said);
  }

  private takeAll(said: readonly SaidHello[]): Promise<HelloOutcome[]> {
    return this.unitOfWork.asSystem('agent-lane', async () => {
      const rows = await this.trust.takeAll(said.map(({ server }) => server.uid));
      const known = new Map(rows.map((row) => [row.uid, row]));
      const judged: JudgedHello[] = [];
      const outcomes: HelloOutcome[] = [];
      for (const one of said) {
        const row = known.get(one.server.uid);
        const outcome = row && row.revoked_at === null ? await this.judge(one, row) : shutOut;
        outcomes.push(outcome);
        if (outcome.letIn) judged.push({ ...one, letIn: outcome.holdMessage === '' });
      }
      await keep(judged);
      this.wake.notify('servers');
      return outcomes;
    });
  }

  private async judge({ hello, live }: SaidHello, known: TakenRow): Promise<HelloOutcome> {
    const { helloCounter: counter, machine } = hello;
    const history = { counter: known.hello_counter, machine: known.machine };
    const judged = judgeHello(history, { counter, machine }, live());
    if (judged.hold) await this.trust.hold(known.uid, { ...judged, counter, machine });
    const nonce = known.rekey_wanted_at && rekeyNonce(this.vault, known.uid, known.rekey_wanted_at);
    const holdMessage = judged.hold ? judged.message : '';
    return { letIn: true, epoch: known.epoch, holdMessage, rekeyNonce: nonce ?? undefined };
  }
}

/**
 * What counts is kept of those that are let in alone. When the newest state of a server is back, nothing has to be
 * decided about the older one any more.
 */
async function keep(hellos: readonly JudgedHello[]): Promise<void> {
  if (hellos.length === 0) return;
  await execute(
    `update server s set agent_version = n.agent_version, feature_level = n.feature_level,
       clock_skew_ms = n.clock_skew_ms,
       report = coalesce(n.report, s.report), ca_bundle_sha256 = coalesce(n.bundle, s.ca_bundle_sha256),
       certificate_expires_at = coalesce(n.certificate_ends_at, s.certificate_expires_at),
       architecture = case when n.architecture = '' then s.architecture else n.architecture end,
       hello_counter = case when n.let_in then n.counter else s.hello_counter end,
       machine = case when n.let_in and n.machine <> '' then n.machine else s.machine end,
       hold_cause = case when n.let_in and s.hold_cause = ${Hold_Cause.PUT_BACK} then null else s.hold_cause end,
       last_seen_at = now(), resource_version = txid_current()
     from unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::bytea[], $6::bytea[], $7::timestamptz[],
         $8::text[], $9::boolean[], $10::bigint[], $11::text[])
       as n (uid, agent_version, feature_level, clock_skew_ms, report, bundle, certificate_ends_at, architecture,
         let_in, counter, machine)
     where s.uid = n.uid`,
    columnsOf(hellos),
  );
}

function columnsOf(hellos: readonly JudgedHello[]): unknown[] {
  return [
    hellos.map(({ server }) => server.uid),
    hellos.map(({ hello }) => hello.agentVersion),
    hellos.map(({ hello }) => hello.featureLevel),
    hellos.map(({ hello }) => Math.round(hello.clock ? timestampMs(hello.clock) - systemClock.now() : 0)),
    hellos.map(({ hello }) => bytesOf(hello.serverReport)),
    hellos.map(({ hello }) => (hello.caBundleSha256.length > 0 ? Buffer.from(hello.caBundleSha256) : null)),
    hellos.map(({ server }) => server.certificateEndsAt ?? null),
    hellos.map(({ hello }) => hello.serverReport?.architecture ?? ''),
    hellos.map(({ letIn }) => letIn),
    hellos.map(({ hello }) => hello.helloCounter),
    hellos.map(({ hello }) => hello.machine),
  ];
}

export function bytesOf(report: ServerReport | undefined): Buffer | null {
  return report ? Buffer.from(toBinary(ServerReportSchema, report)) : null;
}
