import { expect, test } from 'vitest';
import { cloudInit, joinCommand } from './join-command';

const target = {
  url: 'https://ostler.example.com:7443',
  listenerPin: 'sha256//KK+/k=',
  caPin: 'sha256//CC+/c=',
  token: 'ost_join_x',
};

test('the join command is one line that pins the key of the listener and carries token and authority', () => {
  expect(joinCommand(target)).toBe(
    "curl -fsSLk --pinnedpubkey 'sha256//KK+/k=' https://ostler.example.com:7443/install.sh" +
      ' | sh -s -- --token ost_join_x --ca sha256//CC+/c=',
  );
});

test('the address of a control plane that is reached by IPv6 is quoted', () => {
  const command = joinCommand({ ...target, url: 'https://[2001:db8::1]:7443' });
  expect(command).toContain(" 'https://[2001:db8::1]:7443/install.sh' | sh");
});

test('the user data runs the same line once the network is up', () => {
  const [first, , entry = '', ...more] = cloudInit(target).split('\n');
  expect([first, more]).toEqual(['#cloud-config', ['']]);
  const command = JSON.parse(entry.replace(/^ {2}- /, '')) as string;
  expect(command.replace(' --retry 12 --retry-delay 5 --retry-all-errors', '')).toBe(joinCommand(target));
});
