import { expect, test } from 'vitest';

import { readBlocks } from './page-blocks';
import { missingLine, readSteps } from './page-steps';

const page = `# Tutorial

\`\`\`console not-run="shows what is typed"
$ never run
\`\`\`

\`\`\`yaml file=one.yaml
a: 1
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

\`\`\`sh not-run="as root"
third
\`\`\`

\`\`\`text
of the third
\`\`\`

1. A list

   \`\`\`sh
   fourth
   \`\`\`
`;

test('commands are read with their heading, the files above them and the output that is shown below them', () => {
  expect(readSteps(page)).toEqual([
    {
      title: 'One',
      line: 14,
      files: [{ name: 'one.yaml', text: 'a: 1\n' }],
      commands: '# not a heading\nfirst\nsecond',
      shown: ['a ... c', 'ends'],
    },
    { title: 'One', line: 36, files: [], commands: 'fourth', shown: [] },
  ]);
});

test('a block tells why it is not run', () => {
  expect(readBlocks(page).flatMap(({ notRun = [] }) => notRun)).toEqual(['shows what is typed', 'as root']);
});

test('every shown line has to come, whole and in this order; three dots are anything', () => {
  expect(missingLine(['a ... c', 'ends'], 'more\na   b  c\nends\n')).toBeUndefined();
  expect(missingLine(['ends', 'a ... c'], 'a b c\nends')).toBe('a ... c');
  expect(missingLine(['end'], 'ends')).toBe('end');
  expect(missingLine(['a.c'], 'abc')).toBe('a.c');
});
