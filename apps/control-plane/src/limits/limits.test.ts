import { Limit_Unit as Unit } from '@ostler/contracts';
import { expect, test } from 'vitest';

import { loadConfig, settings } from '../config';
import { everyLimit } from './every-limit';

const limits = () => {
  const { values } = loadConfig({ OSTLER_KEEP_OUTPUT_DAYS: '3' }, true);
  return Object.values(everyLimit(values)).flat();
};

test('each limit has a name of its own, words, a unit and a value that bounds something', () => {
  const all = limits();
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  for (const { name, title, consequence, value, unit } of all) {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(consequence).toMatch(/^[A-Z].*\.$/);
    expect(unit).not.toBe(Unit.UNSPECIFIED);
    expect(BigInt(value), name).toBeGreaterThan(0n);
  }
});

test('what the contract bounds is read from its rules', () => {
  const byName = new Map(limits().map(({ name, value }) => [name, BigInt(value)]));
  expect(byName.get('resources_per_apply')).toBe(500n);
  expect(byName.get('api_token_days')).toBe(365n);
  expect(byName.get('password_characters')).toBe(12n);
});

test('every time for which something is kept is there, with the setting that changes it', () => {
  const withSetting = limits().filter(({ setting }) => setting !== undefined);
  const keeps = Object.keys(settings).filter((name) => name.startsWith('OSTLER_KEEP_'));
  expect(new Set(withSetting.map(({ setting }) => setting))).toEqual(new Set(keeps));
  expect(withSetting.find(({ name }) => name === 'keep_output')?.value).toBe(3);
});
