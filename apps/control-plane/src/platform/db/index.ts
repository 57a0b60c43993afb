export { Database, type DatabaseOptions } from './database';
export { everyMigration, migrate } from './migrate';
export { codeOf, isDatabaseAway } from './pg-errors';
export { type SystemReason, systemReasons } from './system-reasons';
export {
  afterCommit,
  execute,
  executeWithCommit,
  isInUnit,
  manager,
  type Prepared,
  prepared,
  query,
  queryOne,
  queryWithCommit,
} from './unit';
export { UnitOfWork } from './unit-of-work';
export { Wake, type WakeWord } from './wake';
export { TableLoader } from './table-loader';
export { openSnapshot, type TableSnapshot } from './table-snapshot';
export { type DatabaseContents, inspectDatabase, setSchemaAside } from './schema-aside';
export { checkSchema } from './schema-check';
