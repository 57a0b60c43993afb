import { connect, type Socket } from 'node:net';

import { expect, test } from 'vitest';

import { PacedDoor } from './paced-door';

const text = async (socket: Socket): Promise<string> => {
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
};

/** Each is answered with how many had been let in at the turn in which it came in. */
async function openDoor() {
  const turns: number[] = [];
  let thisTurn = 0;
  const door = new PacedDoor((socket) => {
    if (thisTurn === 0) setImmediate(() => (turns.push(thisTurn), (thisTurn = 0)));
    thisTurn += 1;
    void socket.on('data', (data: Buffer) => socket.end(data)).resume();
  }, 100);
  return { door, turns, port: await door.listen('127.0.0.1', 0) };
}

test('a crowd comes in a few at a time, each is heard from its first byte, and none is left out', async () => {
  const { door, turns, port } = await openDoor();
  const callers = Array.from({ length: 40 }, (_, index) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`caller ${index}`);
    return text(socket);
  });
  expect(await Promise.all(callers)).toEqual(callers.map((_, index) => `caller ${index}`));
  await door.close();
  expect(Math.max(...turns)).toBeLessThanOrEqual(4);
});

test('it closes when the last connection has ended', async () => {
  const { door, port } = await openDoor();
  const socket = connect(port, '127.0.0.1');
  socket.write('hello');
  expect(await text(socket)).toBe('hello');
  await door.close();
  const refused = connect(port, '127.0.0.1');
  await expect(text(refused)).rejects.toThrow(/ECONNREFUSED/);
});

test('who leaves while waiting is not let in', async () => {
  const { door, port } = await openDoor();
  const leaving = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'));
  for (const socket of leaving)
    socket.on('connect', () => socket.resetAndDestroy()).on('error', () => undefined);
  const staying = connect(port, '127.0.0.1');
  staying.write('still here');
  expect(await text(staying)).toBe('still here');
  await door.close();
});
