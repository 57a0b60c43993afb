import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeOffer, NO_FENCE, sameBytes, type Fence } from './fence';

const number = fc.bigInt({ min: 1n, max: 5n });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((bytes) => bytes[0]! < 3);
const offer: fc.Arbitrary<Fence> = fc.record({ epoch: number, revision: number, sha256: hash });

test('a higher epoch, or a higher revision in the same epoch, is taken and nothing else is', () => {
  fc.assert(
    fc.property(offer, offer, (stored, next) => {
      const higher =
        next.epoch > stored.epoch || (next.epoch === stored.epoch && next.revision > stored.revision);
      const same =
        next.epoch === stored.epoch &&
        next.revision === stored.revision &&
        sameBytes(next.sha256, stored.sha256);
      expect(judgeOffer(stored, next).take).toBe(higher || same);
    }),
  );
});

test('whatever is offered in whatever order, the numbers that are held never go back', () => {
  fc.assert(
    fc.property(fc.array(offer, { maxLength: 30 }), (offers) => {
      let held = NO_FENCE;
      const bytesOf = new Map<string, Uint8Array>();
      for (const next of offers) {
        const judgement = judgeOffer(held, next);
        if (!judgement.take) continue;
        expect(next.epoch > held.epoch || (next.epoch === held.epoch && next.revision >= held.revision)).toBe(
          true,
        );
        expect(judgement.stored).toBe(next.epoch === held.epoch && next.revision === held.revision);
        const key = `${next.epoch} ${next.revision}`;
        expect(bytesOf.get(key) ?? next.sha256).toEqual(next.sha256);
        bytesOf.set(key, next.sha256);
        held = next;
      }
    }),
  );
});

test('the first manifest may have any numbers from 1 on', () => {
  fc.assert(
    fc.property(offer, (next) => {
      expect(judgeOffer(NO_FENCE, next)).toEqual({ take: true, stored: false });
    }),
  );
});

test.each([
  { epoch: 0n, revision: 1n, sha256: new Uint8Array(32) },
  { epoch: 1n, revision: 0n, sha256: new Uint8Array(32) },
  { epoch: 1n, revision: 1n, sha256: new Uint8Array(31) },
])('an offer without numbers or without a hash is invalid', (next) => {
  expect(judgeOffer(NO_FENCE, next)).toMatchObject({ take: false, reason: 'INVALID' });
});

test('a refusal says what is held', () => {
  const held = { epoch: 2n, revision: 7n, sha256: new Uint8Array(32) };
  const judgement = judgeOffer(held, { epoch: 2n, revision: 6n, sha256: new Uint8Array(32) });
  expect(judgement).toMatchObject({
    take: false,
    reason: 'FENCED',
    message: expect.stringContaining('revision 7'),
  });
});
