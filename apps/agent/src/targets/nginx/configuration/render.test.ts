import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenize } from '../../../host/nginx/tokenize';
import { DOLLAR_VARIABLE, renderConfiguration } from './render';
import { block, directive, ownFile, template, variable, when } from './tree';

const anyText = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({
      unit: fc.constantFrom(
        '"',
        "'",
        '\\',
        ';',
        '{',
        '}',
        '$',
        '\n',
        '\r',
        '\t',
        ' ',
        '#',
        'a',
        '`',
        '(',
        ')',
        '~',
        'n',
      ),
      maxLength: 60,
    }),
  )
  .filter((text) => !text.includes('\0'));

function wordsOf(text: string): string[] {
  return [...tokenize(text)].map((token) => (token.isPunctuation ? `<${token.text}>` : token.text));
}

test('any literal is one argument with the same value', () => {
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 4 }), (texts) => {
      const rendered = renderConfiguration([block('server', [], [directive('location', ...texts)])]);
      expect(wordsOf(rendered)).toEqual(['server', '<{>', 'location', ...texts, '<;>', '<}>']);
    }),
    { numRuns: 2000 },
  );
});

test('a dollar sign in text stays text where nginx replaces variables', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const words = wordsOf(renderConfiguration([directive('add_header', 'X-Any', text, 'always')]));
      expect(words[2]?.replaceAll(`\${${DOLLAR_VARIABLE}}`, '$')).toBe(text);
      expect(words[2]?.replaceAll(`\${${DOLLAR_VARIABLE}}`, '')).not.toContain('$');
      expect(words).toHaveLength(5);
    }),
    { numRuns: 2000 },
  );
});

test('variables, conditions and own files are written only from their nodes', () => {
  const rendered = renderConfiguration(
    [
      directive('proxy_set_header', 'Host', template(variable('host'))),
      directive('return', '308', template('https://', variable('host'), ':8443', variable('request_uri'))),
      directive('auth_basic_user_file', template(ownFile('users-0'))),
      when('ostler_closed', [directive('return', '503')]),
    ],
    { ownFolder: '/var/lib/ostler/site' },
  );
  expect(rendered).toBe(
    [
      'proxy_set_header Host $host;',
      'return 308 "https://${host}:8443${request_uri}";',
      'auth_basic_user_file /var/lib/ostler/site/users-0;',
      'if ($ostler_closed) {',
      '  return 503;',
      '}',
      '',
    ].join('\n'),
  );
});

test.each([
  ['a NUL', directive('root', 'a\0b'), 'NUL'],
  ['a dollar sign where it would change the directive', directive('proxy_pass', 'http://$host'), 'DOLLAR'],
  ['a variable where nginx takes none', directive('location', template(variable('uri'))), 'NO_VARIABLES'],
  ['half of a surrogate pair', directive('root', '/\ud800'), 'NOT_UNICODE'],
  ['more than nginx reads at once', directive('root', 'a'.repeat(4000)), 'TOO_LONG'],
  ['a directive that nobody reviewed', directive('load_module', 'x.so'), 'UNKNOWN_DIRECTIVE'],
  ['a variable with a strange name', directive('root', template(variable('host}evil'))), 'NOT_A_VARIABLE'],
  ['text in place of a variable', directive('geo', 'host'), 'NOT_A_VARIABLE'],
])('%s is refused', (_, node, reason) => {
  expect(() => renderConfiguration([node])).toThrowError(
    expect.objectContaining({ violations: [expect.objectContaining({ reason })] }),
  );
});
