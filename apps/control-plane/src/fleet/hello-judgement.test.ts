import { Hold_Cause } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { judgeHello } from './hello-judgement';

const known = { counter: 10n, machine: 'm1' };
const hello = (counter: bigint, machine = 'm1') => ({ counter, machine });

test('a counter that was raised is of the server itself, also when a connection broke in between', () => {
  for (const counter of [11n, 12n, 500n]) {
    expect(judgeHello(known, hello(counter), undefined)).toEqual({ hold: false });
    expect(judgeHello(known, hello(counter), { machine: 'm1' })).toEqual({ hold: false });
  }
});

test.each([10n, 9n, 1n, 0n])('a counter of %s after 10 of the same machine is an older state', (counter) => {
  expect(judgeHello(known, hello(counter), undefined)).toMatchObject({
    hold: true,
    cause: Hold_Cause.PUT_BACK,
  });
});

test('the same counter from another machine, or beside a live agent, is a copy', () => {
  expect(judgeHello(known, hello(10n, 'm2'), undefined)).toMatchObject({ cause: Hold_Cause.COPIED });
  expect(judgeHello(known, hello(10n), { machine: 'm1' })).toMatchObject({ cause: Hold_Cause.COPIED });
});

test('two machines at once are two, whatever they count; one that moved is itself', () => {
  expect(judgeHello(known, hello(11n, 'm2'), { machine: 'm1' })).toMatchObject({ cause: Hold_Cause.COPIED });
  expect(judgeHello(known, hello(11n, 'm2'), undefined)).toEqual({ hold: false });
});

test('agents that never counted are let in, and a machine that nobody named is no other one', () => {
  const uncounted = { counter: 0n, machine: '' };
  expect(judgeHello(uncounted, hello(0n, ''), undefined)).toEqual({ hold: false });
  expect(judgeHello(uncounted, hello(0n, ''), { machine: '' })).toEqual({ hold: false });
  expect(judgeHello(uncounted, hello(1n), undefined)).toEqual({ hold: false });
  expect(judgeHello({ ...known, machine: '' }, hello(10n), undefined)).toMatchObject({
    cause: Hold_Cause.PUT_BACK,
  });
});

test('what is said names the numbers and what each decision does', () => {
  const judged = judgeHello(known, hello(4n), undefined);
  expect(judged.hold && judged.message).toMatch(
    /counts 4 where 10 .* snapshot.*If it is the server.*If it is a copy/s,
  );
});
