import { expect, test } from 'vitest';
import { maskSecrets } from './mask-secrets';

test.each([
  ['    proxy_set_header Authorization "Basic c2VjcmV0";', '    proxy_set_header Authorization ********;'],
  ['proxy_set_header X-Api-Key abc;', 'proxy_set_header X-Api-Key ********;'],
  ['fastcgi_param DB_PASSWORD "p w";', 'fastcgi_param DB_PASSWORD ********;'],
  ['set $auth_token "abc";', 'set $auth_token ********;'],
  ['env SECRET_KEY=abc;', 'env SECRET_KEY=********;'],
  ['secure_link_md5 "$uri secret";', 'secure_link_md5 ********;'],
  ['join --token ost_join_0aB-9_xyz again', 'join --token ost_join_******** again'],
  ['{"authorization":"Bearer abc","a":1}', '{"authorization":"********","a":1}'],
  ['GET / Cookie: session=abc; other=def', 'GET / Cookie: ********'],
  ['proxy_pass http://user:pass@127.0.0.1:80/;', 'proxy_pass http://user:********@127.0.0.1:80/;'],
])('%s', (line, masked) => {
  expect(maskSecrets(line)).toBe(masked);
});

test.each([
  'proxy_set_header Host $host;',
  'ssl_certificate_key /etc/ssl/private/a.key;',
  'add_header Strict-Transport-Security "max-age=1";',
  'listen 80;',
])('%s stays as it is', (line) => {
  expect(maskSecrets(line)).toBe(line);
});

test('a private key goes whole, also when it is cut off', () => {
  const key = '-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----';
  expect(maskSecrets(`a\n${key}\nb`)).toBe('a\n********\nb');
  expect(maskSecrets('a\n-----BEGIN PRIVATE KEY-----\nMHcC\n')).toBe('a\n********');
});

test.each([
  ['one endless word', 'x'.repeat(1_000_000)],
  ['endless schemes', 'a://'.repeat(250_000)],
  ['endless blanks', `set $secret${' '.repeat(1_000_000)}`],
])('%s does not hold up the agent', (_, text) => {
  const startMs = performance.now();
  maskSecrets(text);
  expect(performance.now() - startMs).toBeLessThan(1000);
});
