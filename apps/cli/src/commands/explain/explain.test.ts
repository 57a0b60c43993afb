import { expect, test } from 'vitest';
import { runCommand } from '../../testing/run-command.fixture';

const explain = async (...line: readonly string[]): Promise<string> =>
  (await runCommand(() => undefined, 'explain', ...line)).output;

test('a field has its comment, its rules and what is in it', async () => {
  const text = await explain('Site.spec.tls');
  expect(text).toMatch(/^Site\.spec\.tls {2}Tls\n/);
  expect(text).toMatch(/forceHttps +yes or no +Redirect plain HTTP to HTTPS/);
  expect(await explain('site.spec.maxBodyBytes')).toContain('0 means 1 MiB. At most 107374182400.');
});

test('a value of a list of choices is told with what it means', async () => {
  expect(await explain('Site.spec.driftPolicy')).toMatch(/enforce +Put it back, and say so\./);
});

test('without a path there are the kinds, and below a kind the fields of a file', async () => {
  expect(await explain()).toMatch(/^KIND\nSite/);
  expect(await explain('Certificate')).toMatch(/labels +map of text to text/);
});

test('a tree has the fields of all that it holds', async () => {
  const text = await explain('Site.spec', '-r');
  expect(text).toContain('\n    staticFiles  StaticFiles\n      root  text\n');
  expect(text.split('\n').length).toBeLessThan(200);
});

test.each([
  ['Site.spec.tsl', 'did you mean tls?'],
  ['Sitte', 'did you mean Site?'],
  ['Site.spec.domains.x', 'has no fields'],
])('%s is refused with the way out', async (path, hint) => {
  await expect(explain(path)).rejects.toThrow(hint);
});
