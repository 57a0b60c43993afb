import { LiveWatchRequest_Topic as Topic } from '@ostler/contracts';
import { describe, expect, it } from 'vitest';

import { encodeResumePoint, versionsOf } from './resume-point';

const atMs = 1_800_000_000_000;
const point = {
  epoch: 3n,
  tenantUids: ['0199a1b2-0000-7000-8000-000000000001'],
  atMs,
  versions: new Map([[Topic.RESOURCES, 41n]]),
};
const later = { ...point, atMs: atMs + 60_000 };
const bytes = encodeResumePoint(point);

describe('a resume point', () => {
  it('has these bytes', () => {
    expect(Buffer.from(bytes).toString('utf8')).toBe(
      '{"v":1,"epoch":"3","who":"l-zx3GaR0cLQSARZ","atMs":1800000000000,"of":[[1,"41"]]}',
    );
  });

  it('gives back where each topic stood', () => {
    expect(versionsOf(bytes, later)).toEqual(new Map([[Topic.RESOURCES, 41n]]));
  });

  it.each([
    ['another epoch', { ...later, epoch: 4n }],
    ['other tenants', { ...later, tenantUids: ['0199a1b2-0000-7000-8000-000000000002'] }],
    ['an hour later', { ...later, atMs: atMs + 3_600_000 }],
    ['a clock that was put back', { ...later, atMs: atMs - 1 }],
  ])('is worth nothing in %s', (_, now) => {
    expect(versionsOf(bytes, now).size).toBe(0);
  });

  it.each(['', '{', 'null', '[]', '{"v":1}', '{"v":2,"epoch":"3"}', '\u0000'])('is not %j', (text) => {
    expect(versionsOf(Buffer.from(text), later).size).toBe(0);
  });

  it('leaves out what is no version', () => {
    const text = Buffer.from(bytes).toString('utf8').replace('[[1,"41"]]', '[[1,"-1"],[2,"x"],3,[4,"7"]]');
    expect(versionsOf(Buffer.from(text), later)).toEqual(new Map([[4, 7n]]));
  });
});
