import { stripVTControlCharacters } from 'node:util';
import { ErrorReason } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { spanOf } from './age';
import { ExitCode, exitCodeOf } from './exit-code';
import { parseLabels } from './labels';
import { kindOf } from './names';
import { errorJson, errorText } from './report-error';
import { safe, styleOf } from './style';
import { table } from './table';

test('what others chose cannot move the cursor, colour the terminal or turn the text around', () => {
  expect(safe('a\u001b[31mb\u202ec\r\n')).toBe('a\\u001b[31mb\\u202ec\\u000d\\u000a');
  expect(safe('line\n\tnext\u0007', { block: true })).toBe('line\n\tnext\\u0007');
});

test('columns line up whatever colours the cells have', () => {
  const style = styleOf(true);
  const lines = table(
    ['NAME', 'READY', 'NOTE'],
    [
      ['shop', style.good('yes'), ''],
      ['a-longer-name', 'no', 'why'],
    ],
  );
  const plain = stripVTControlCharacters(lines).split('\n');
  expect(plain).toEqual(['NAME           READY  NOTE', 'shop           yes', 'a-longer-name  no     why']);
});

test('a span is told in its largest unit', () => {
  expect([0, 59, 60, 3599, 86_400 * 3, -7200].map(spanOf)).toEqual(['0s', '59s', '1m', '59m', '3d', 'in 2h']);
});

test('every reason leads to an exit code that is not 0', () => {
  const reasons = Object.values(ErrorReason).filter((value) => typeof value === 'number');
  expect(reasons.map(exitCodeOf).filter((code) => code <= ExitCode.DIFFERENT)).toEqual([]);
  expect(exitCodeOf(ErrorReason.NOT_FOUND)).toBe(4);
});

test('labels and kinds that cannot be read are refused with the way out', () => {
  expect(parseLabels(['env=prod', 'a=b=c'])).toEqual({ env: 'prod', a: 'b=c' });
  expect(() => parseLabels(['prod'])).toThrow('key=value');
  expect(() => kindOf('sits')).toThrow('did you mean site? The kinds are: site, certificate');
});

test('an error names the fields, the reason and the next step; programs get JSON', () => {
  const error = {
    reason: ErrorReason.INVALID,
    reasonName: 'INVALID',
    title: 'Something in the request is not valid',
    message: 'two fields',
    violations: [
      { field: 'shop.yaml:4 spec.domains[0]', reason: 'NOT_A_DOMAIN', message: '"a b" has a space' },
    ],
    retryAfterSeconds: 0,
    help: '',
    missingPermission: '',
    rolesWithPermission: [],
  };
  expect(errorText(error, styleOf(false))).toBe(
    'error Something in the request is not valid (INVALID)\n  shop.yaml:4 spec.domains[0]: "a b" has a space',
  );
  const many = { ...error, message: 'resources[0].meta.name: is taken (and 7 more)' };
  expect(errorText(many, styleOf(false))).toContain('has a space\n  and 7 more');
  const noField = { ...error, violations: [{ field: '', reason: 'NOT_JSON', message: 'is not JSON' }] };
  expect(errorText(noField, styleOf(false))).toContain('(INVALID)\n  is not JSON');
  expect(JSON.parse(errorJson(error))).toMatchObject({
    error: { reason: 'INVALID', violations: error.violations },
  });
});
