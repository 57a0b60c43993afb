// The embedded database: PostgreSQL run by the process that needs it, kept when that process is killed.
// A package and not a room of the control plane, because the test kit starts the same database and
// packages never import apps.
export { startEmbeddedPostgres } from './start-embedded-postgres';
export type { EmbeddedPostgres, EmbeddedPostgresOptions, PostgresConnection, SupervisorLog } from './types';
export {
  forgetOlderClusters,
  type Upgraded,
  upgradeEmbeddedPostgres,
  type UpgradeOptions,
} from './upgrade-embedded-postgres';
export { endLeftOver } from './end-left-over';
