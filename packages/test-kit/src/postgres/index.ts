export { startTestPostgres } from './test-database';
export type { TestDatabase, TestDatabaseTemplate } from './test-database';
