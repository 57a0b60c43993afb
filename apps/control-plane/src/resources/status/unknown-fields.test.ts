import { create } from '@bufbuild/protobuf';
import { ConditionSchema, PlacementReportSchema } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { nameUnknownFields } from './unknown-fields';

const report = (reason: string, message: string) =>
  create(PlacementReportSchema, {
    conditions: [create(ConditionSchema, { type: 'Ready', reason, message })],
  });
const named = (reason: string, message: string) =>
  nameUnknownFields(report(reason, message)).conditions[0]!.message;

test('a field that an old agent knows by its number alone gets its name', () => {
  expect(named('UNKNOWN_FIELD', 'it uses field 18 of ostler.site.v1.SiteSpec and more')).toBe(
    'it uses redirectToPrimary (field 18 of ostler.site.v1.SiteSpec) and more',
  );
});

test('what is known to nobody, or is no such refusal, stays as the agent said it', () => {
  for (const text of ['field 9999 of ostler.site.v1.SiteSpec', 'field 1 of nobody.v1.Knows'])
    expect(named('UNKNOWN_FIELD', text)).toBe(text);
  const text = 'field 18 of ostler.site.v1.SiteSpec';
  expect(named('INVALID', text)).toBe(text);
});
