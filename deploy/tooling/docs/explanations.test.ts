import { readFile } from 'node:fs/promises';

import { expect, it } from 'vitest';

import { explanations } from './explanations.ts';
import { explanationsFile } from './write-explanations.ts';
import { readContract } from './write-reference.ts';

it('ostler explain says what the contract says; write it with pnpm docs:explain', async () => {
  const said = explanations(await readContract());
  expect(JSON.parse(await readFile(explanationsFile, 'utf8'))).toEqual(said);
  expect(said['ostler.site.v1.SiteSpec.max_body_bytes']).toMatch(
    /^Largest request body.*At most 107374182400\.$/,
  );
});
