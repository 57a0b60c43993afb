import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { loadConfig, settings } from '.';

describe('the configuration', () => {
  it('has a default for everything', () => {
    const { values } = loadConfig({}, true);
    expect(values).toMatchObject({
      dataFolder: '/var/lib/ostler',
      httpPort: 7070,
      databaseUrl: undefined,
      localAgent: true,
    });
    expect(values.masterKeyFile).toBe('/var/lib/ostler/master.key');
    expect(loadConfig({ HOME: '/home/a' }, false).values.dataFolder).toMatch(/\.local\/share\/ostler$/);
    expect(Object.isFrozen(values)).toBe(true);
  });

  it.each([
    ['OSTLER_HTTP_PORT', '65536'],
    ['OSTLER_HTTP_PORT', '80x'],
    ['OSTLER_DATA', 'relative'],
    ['DATABASE_URL', 'mysql://a'],
    ['OSTLER_PUBLIC_ADDRESS', 'https://a.example'],
    ['OSTLER_PUBLIC_ADDRESS', 'a.example:443'],
    ['OSTLER_LOG_LEVEL', 'loud'],
    ['OSTLER_KEEP_OUTPUT_DAYS', 'ever'],
    ['OSTLER_TLS_CERTIFICATE', '/only/one.pem'],
    ['OSTLER_HTTP_PROT', '80'],
  ])('refuses %s=%s and names it', (name, value) => {
    expect(() => loadConfig({ [name]: value }, true)).toThrow(/^OSTLER_|^DATABASE_/);
  });

  it('takes names and addresses', () => {
    expect(loadConfig({ OSTLER_PUBLIC_ADDRESS: '2001:db8::1' }, true).values.publicAddress).toBe(
      '2001:db8::1',
    );
    expect(loadConfig({ OSTLER_HOSTS: 'a.example, b.example' }, true).values.hosts).toEqual([
      'a.example',
      'b.example',
    ]);
  });
});

it('is what docs/settings.md says', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../../docs/settings.md'), 'utf8');
  const rows = page.split('\n').map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .join('|'),
  );
  for (const [name, { description, default: value }] of Object.entries(settings)) {
    const cells = ['', `\`${name}\``, value === '' ? '' : `\`${value}\``, description, ''];
    expect(rows).toContain(cells.join('|'));
  }
});
