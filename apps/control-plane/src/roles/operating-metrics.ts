import { X509Certificate } from 'node:crypto';

import type { INestApplicationContext } from '@nestjs/common';
import { ErrorReason, Operation_State } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { AuthorityService } from '../authority';
import { Config } from '../config';
import { ConnectedAgents, LinkService } from '../link';
import { checkSchema, Database, query, queryOne, UnitOfWork } from '../platform/db';
import { Health } from '../platform/http';
import { Metrics } from '../platform/metrics';
import { lastBackup } from './last-backup';

/** What operators watch of a whole control plane, beside what the platform tells of its own. */
export function addOperatingMetrics(app: INestApplicationContext): void {
  const metrics = app.get(Metrics);
  const agents = app.get(ConnectedAgents);
  const link = app.get(LinkService);
  metrics.observed(
    'ostler_agents_connected',
    'Agents whose control lane ends here.',
    () => agents.uids().length,
  );
  metrics.observedBy('ostler_lanes', 'Open streams of agents by what they carry.', 'lane', () =>
    Promise.resolve(new Map(Object.entries(agents.streamCounts()))),
  );
  metrics.observedBy('ostler_hellos_total', 'Hellos since the start by what became of them.', 'outcome', () =>
    Promise.resolve(
      new Map([
        ['let_in', link.admissions.letIn],
        ['turned_away', link.admissions.turnedAway],
      ]),
    ),
  );
  metrics.observedBy('ostler_operations', 'Operations that have not ended, by state.', 'state', () =>
    operations(app),
  );
  metrics.observedBy('ostler_certificate_seconds', 'Until a certificate of ours ends.', 'certificate', () =>
    Promise.resolve(authorities(app)),
  );
  metrics.observedBy(
    'ostler_backup_age_seconds',
    'Since the last backup; absent when there was none.',
    'backup',
    () => backupAge(app),
  );
}

/** What has to be well for work to be done. */
export function addHealthChecks(app: INestApplicationContext): void {
  const health = app.get(Health);
  const units = app.get(UnitOfWork);
  health.add({
    name: 'database',
    check: () => units.asTenant([], () => queryOne('select 1')).then(() => undefined),
  });
  health.add({ name: 'migrations', check: () => checkSchema(app.get(Database)) });
  health.add({
    name: 'agents',
    check: () => {
      if (app.get(LinkService).isListening) return Promise.resolve();
      return Promise.reject(new AppError(ErrorReason.UNAVAILABLE, 'the port of agents is not open'));
    },
  });
  health.add({ name: 'authority', check: () => Promise.resolve(void app.get(AuthorityService).caPin()) });
}

async function operations(app: INestApplicationContext): Promise<Map<string, number>> {
  const rows = await app
    .get(UnitOfWork)
    .asSystem('operations', () =>
      query<{ state: Operation_State; count: number }>(
        'select state, count(*)::int as count from operation where ended_at is null group by state',
      ),
    );
  return new Map(rows.map(({ state, count }) => [Operation_State[state] ?? String(state), count]));
}

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function authorities(app: INestApplicationContext): Map<string, number> {
  const found = app.get(AuthorityService).trustedByListener().match(certificates) ?? [];
  return new Map(
    found.map((pem, index) => {
      const { validToDate } = new X509Certificate(pem);
      return [index === 0 ? 'root' : `former root ${index}`, (validToDate.getTime() - Date.now()) / 1000];
    }),
  );
}

async function backupAge(app: INestApplicationContext): Promise<Map<string, number>> {
  const backup = await lastBackup(app.get(Config).values);
  return new Map(backup ? [['last', (Date.now() - Date.parse(backup.takenAt)) / 1000]] : []);
}
