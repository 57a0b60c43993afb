import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { run, firstWord, wantsJson } from './run';

let said: string;
beforeEach(() => {
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((said += String(text)), true));
  vi.stubEnv('OSTLER_CONFIG', '/nonexistent/cli.json');
  vi.stubEnv('OSTLER_TOKEN', '');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test.each([
  [['get', 'sites'], 'get'],
  [['--context', 'shop', 'get'], 'get'],
  [['--help'], undefined],
  [['help', 'get'], undefined],
])('the first word of %j is %j', (line, word) => {
  expect(firstWord(line)).toBe(word);
});

test('-o json in every spelling asks for errors as JSON', () => {
  expect([['-o', 'json'], ['-ojson'], ['--output', 'json'], ['--output=json']].every(wantsJson)).toBe(true);
  expect(wantsJson(['get', 'json'])).toBe(false);
});

test('errors are words for people and JSON for programs, with the same exit code', async () => {
  expect(await run(['get', 'sites'])).toBe(3);
  expect(said).toContain('ostler sign-in');
  said = '';
  expect(await run(['get', 'sites', '-o', 'json'])).toBe(3);
  expect(JSON.parse(said)).toMatchObject({ error: { reason: 'UNAUTHENTICATED', violations: [] } });
});

test('a command line that is wrong ends with 2, as JSON where that is asked for', async () => {
  expect(await run(['get', '--nonsense'])).toBe(2);
  expect(said).toContain("unknown option '--nonsense'");
  said = '';
  expect(await run(['get', '--nonsense', '-o', 'json'])).toBe(2);
  expect(JSON.parse(said)).toMatchObject({ error: { reason: 'INVALID', violations: [{ reason: 'USAGE' }] } });
});
