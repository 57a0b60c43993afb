import { expect, test } from 'vitest';
import { readCommandLine } from './command-line';

const JOIN = ['join', '--control', 'https://a:7443', '--ca-pin', 'sha256//x'];

test('a join is read, with the token from where no other user sees it', () => {
  const none = { name: '', listenerPin: '', proxy: '' };
  const expected = { controlUrl: 'https://a:7443', token: 't', caPin: 'sha256//x', ...none };
  expect(readCommandLine([...JOIN, '--token', 't'], {})).toEqual({ command: 'join', join: expected });
  expect(readCommandLine(JOIN, { OSTLER_JOIN_TOKEN: 't' })).toEqual({ command: 'join', join: expected });
});

test('a join is read with the key of the listener and the proxy on the way', () => {
  const more = ['--token', 't', '--listener-pin', 'sha256//k', '--proxy', 'http://p:3128', '--name', 'web'];
  expect(readCommandLine([...JOIN, ...more], {})).toMatchObject({
    join: { listenerPin: 'sha256//k', proxy: 'http://p:3128', name: 'web' },
  });
});

test('a join without a pin trusts the roots of the server', () => {
  const line = readCommandLine(['join', '--control', 'https://a', '--token', 't'], {});
  expect(line).toMatchObject({ join: { caPin: '' } });
});

test.each([
  [['frob'], '"frob" is not a command'],
  [['run', 'now'], 'run takes no arguments'],
  [JOIN, '--token is missing'],
  [['join', '--token', 't', '--ca-pin', 'p'], '--control is missing'],
  [[...JOIN, '--frob'], '--frob'],
])('%j says what is wrong, and the usage', (args, said) => {
  expect(() => readCommandLine(args, {})).toThrow(said);
  expect(() => readCommandLine(args, {})).toThrow('ostler-agent run');
});

test('without a command, and for --version, it is said', () => {
  expect(readCommandLine([], {})).toEqual({ command: 'help' });
  expect(readCommandLine(['--version'], {})).toEqual({ command: 'version' });
});
