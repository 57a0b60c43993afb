import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ConfigValues } from '../config';

/** Where a running control plane is found by the commands beside it. */
export interface OwnAddresses {
  readonly consoleUrl: string;
  readonly publicUrl: string;
}

const file = ({ dataFolder }: ConfigValues): string => join(dataFolder, 'addresses.json');

/** Left behind by a kill; who reads it asks at that address whether anybody is there. */
export async function tellAddresses(values: ConfigValues, { consoleUrl, publicUrl }: OwnAddresses) {
  await writeFile(file(values), `${JSON.stringify({ consoleUrl, publicUrl })}\n`, { mode: 0o600 });
  return () => rm(file(values), { force: true });
}

export async function readAddresses(values: ConfigValues): Promise<OwnAddresses | undefined> {
  const text = await readFile(file(values), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as OwnAddresses);
}
