import { expect, it } from 'vitest';

import { grpcMessage } from './grpc-message';

it.each([
  ['You may not do this: a, b and c; try "x" @ 100 s.', 'You may not do this: a, b and c; try "x" @ 100 s.'],
  ['100 % of it', '100 %25 of it'],
  ['two\nlines', 'two%0Alines'],
  ['ä … 🦊', '%C3%A4 %E2%80%A6 %F0%9F%A6%8A'],
])('escapes of %j no more than gRPC asks for', (text, wire) => {
  expect(grpcMessage(text)).toBe(wire);
  expect(decodeURI(wire)).toBe(text);
});
