import { cliPage } from './cli-page.ts';

/** Made while the module loads: the program loads its commands on demand, and the loader is gone afterwards. */
export const text = await cliPage();
