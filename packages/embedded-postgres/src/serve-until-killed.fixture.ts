// Serves one data folder until it is killed: what the tests kill with -9, as the control plane may be.
import { startEmbeddedPostgres } from './start-embedded-postgres';

const silent = { info: () => undefined, warn: () => undefined };
const [dataFolder = ''] = process.argv.slice(2);
const postgres = await startEmbeddedPostgres({ dataFolder, log: silent });
process.stdout.write(`${JSON.stringify({ pid: postgres.postmasterPid(), ...postgres.connection })}\n`);
