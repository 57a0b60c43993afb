import { Kind } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { parsePolicy } from './parse-policy';
import { DEFAULT_POLICY } from './policy';

// docs/adr/0142-local-policy.md: administrators have written this; it is read for ever.
const golden = `# What this server's own administrator allows.

allowed_roots = /srv, /var/www/customers
package_installs = no
exec = no
self_update = yes
kinds = Site, Certificate
`;

test('the file of the record', () => {
  expect(parsePolicy(golden)).toEqual({
    good: true,
    policy: {
      allowedRoots: ['/srv', '/var/www/customers'],
      packageInstalls: false,
      exec: false,
      selfUpdate: true,
      kinds: [Kind.SITE, Kind.CERTIFICATE],
    },
    lines: { allowed_roots: 3, package_installs: 4, exec: 5, self_update: 6, kinds: 7 },
  });
});

test('what is left out is as without a file', () => {
  for (const text of ['', '\n\n', '# nothing\n', '   \n  # spaces\n'])
    expect(parsePolicy(text)).toEqual({ good: true, policy: DEFAULT_POLICY, lines: {} });
});

test.each([
  ['allowed_roots = none', { allowedRoots: [] }],
  ['allowed_roots=/', { allowedRoots: ['/'] }],
  ['allowed_roots = /a/b ,/c', { allowedRoots: ['/a/b', '/c'] }],
  ['kinds = none', { kinds: [] }],
  ['kinds = all', { kinds: undefined }],
  ['kinds = Certificate', { kinds: [Kind.CERTIFICATE] }],
  ['  self_update   =   no   ', { selfUpdate: false }],
])('%s', (text, part) => {
  expect(parsePolicy(text)).toMatchObject({ good: true, policy: { ...DEFAULT_POLICY, ...part } });
});

test.each([
  ['exec', 'line 1: "exec" is not "key = value"'],
  ['exec = maybe', 'line 1: exec: "maybe" is neither yes nor no'],
  ['exec = Yes', 'neither yes nor no'],
  ['exec =', 'neither yes nor no'],
  ['# ok\nexcec = no', 'line 2: there is no excec; known are allowed_roots'],
  ['exec = no\nexec = no', 'line 2: exec is there twice'],
  ['kinds = Sites', 'line 1: kinds: "Sites" is no kind; known are Site, Certificate'],
  ['kinds =', 'name kinds, or all, or none'],
  ['allowed_roots =', 'name folders, or none'],
  ['allowed_roots = srv', '"srv" is not an absolute path'],
  ['allowed_roots = /srv/../etc', 'is not an absolute path without . and ..'],
  ['allowed_roots = /srv/', 'is not an absolute path'],
  ['[policy]', 'is not "key = value"'],
  ['exec = no # a remark', 'neither yes nor no'],
  ['\u0000', 'is not "key = value"'],
])('%j makes the whole file unusable', (text, problem) => {
  const parsed = parsePolicy(text);
  expect(parsed.good).toBe(false);
  expect(parsed.good || parsed.problem).toContain(problem);
});
