import { expect, test } from 'vitest';

import { missingLine, readTutorial } from './tutorial-blocks';

const page = `# Tutorial

\`\`\`console
$ never run
\`\`\`

## One

\`\`\`sh
# not a heading
first
second
\`\`\`

\`\`\`text
a ... c

ends
\`\`\`
`;

test('commands are read with their heading, and with the output that is shown below them', () => {
  expect(readTutorial(page)).toEqual([
    { title: 'One', line: 10, commands: '# not a heading\nfirst\nsecond', shown: ['a ... c', 'ends'] },
  ]);
});

test('every shown line has to come, whole and in this order; three dots are anything', () => {
  expect(missingLine(['a ... c', 'ends'], 'more\na   b  c\nends\n')).toBeUndefined();
  expect(missingLine(['ends', 'a ... c'], 'a b c\nends')).toBe('a ... c');
  expect(missingLine(['end'], 'ends')).toBe('end');
  expect(missingLine(['a.c'], 'abc')).toBe('a.c');
});
