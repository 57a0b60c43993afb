import { expect, test } from 'vitest';
import { LAST_LINK, linkAddresses } from './addresses';

test('no two links of any two slots share an address', () => {
  const all = [0, 1, 9, 10, 199].flatMap((slot) =>
    Array.from({ length: LAST_LINK + 1 }, (_, link) => linkAddresses(slot, link)).flatMap((link) => [
      link.ours,
      link.theirs,
      link.ipv6Ours,
      link.ipv6Theirs,
    ]),
  );
  expect(new Set(all).size).toBe(all.length);
  expect(all.filter((address) => address.split('.').some((part) => Number(part) > 255))).toEqual([]);
});

test('both ends of a link are inside its own /30', () => {
  expect(linkAddresses(7, 3)).toEqual({
    ours: '10.213.7.13',
    theirs: '10.213.7.14',
    ipv4Length: 30,
    ipv6Ours: 'fd57:6c72:7:3::1',
    ipv6Theirs: 'fd57:6c72:7:3::2',
    ipv6Length: 64,
  });
});
