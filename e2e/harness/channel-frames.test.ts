import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame, FrameDecoder } from './channel-frames';

const frames = fc.array(
  fc.record({ letter: fc.constantFrom('o', 'e', 'x'), payload: fc.uint8Array({ maxLength: 40 }) }),
  { maxLength: 8 },
);

test('frames come out as they went in, however the stream is cut', () => {
  fc.assert(
    fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (sent, sizes) => {
      const stream = Buffer.concat(sent.map(({ letter, payload }) => encodeFrame(letter, payload)));
      const decoder = new FrameDecoder();
      const received = [];
      for (let at = 0; at < stream.length;) {
        const end = at + (sizes.next().value as number);
        for (const frame of decoder.decode(stream.subarray(at, end))) {
          received.push({ letter: frame.letter, payload: new Uint8Array(frame.payload) });
        }
        at = end;
      }
      expect(received).toEqual(sent);
    }),
  );
});

test('a frame is a letter, four bytes of length, and the payload', () => {
  expect(encodeFrame('a', Buffer.from('hi')).toString('hex')).toBe('61000000026869');
});
