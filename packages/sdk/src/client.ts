import { type Ostler, ostlerOver } from './clients';
import { type OstlerOptions, ostlerTransport } from './transport';

/**
 * The one client of the public API, for the CLI, scripts and the console. It speaks the Connect protocol
 * through `fetch`, so it runs in browsers and in Node alike.
 */
export function createOstler(options: OstlerOptions): Ostler {
  return ostlerOver(ostlerTransport(options));
}
