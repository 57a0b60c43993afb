import { expect, it } from 'vitest';

import { readAgentLine } from './agent-line';

it('keeps the words, the fields and the weight of what the agent says', () => {
  const line =
    '{"at":"2026-11-20T09:00:00Z","level":"info","line":"the agent is up","server":"web-1","pid":7}';
  expect(readAgentLine(line)).toEqual({
    isWarning: false,
    text: 'local agent: the agent is up server="web-1" pid=7',
  });
  expect(readAgentLine('{"level":"error","line":"no"}').isWarning).toBe(true);
});

it.each(['(node:1) Warning: something', '', 'null', '7', '{"level":"info"}'])(
  'shows %j as it is, as a warning',
  (text) => {
    expect(readAgentLine(text)).toEqual({ isWarning: true, text: `local agent: ${text}` });
  },
);
