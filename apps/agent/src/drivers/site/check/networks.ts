// Addresses as numbers: this room may open no sockets, so it does without node:net.

export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** Undefined for what is not exactly one address; zones like `%eth0` and legacy forms like `127.1` are not. */
export function parseAddress(text: string): Address | undefined {
  const v4 = parseV4(text);
  if (v4 !== undefined) return { family: 4, value: v4 };
  const v6 = parseV6(text);
  if (v6 === undefined) return undefined;
  // ::ffff:a.b.c.d reaches the IPv4 address itself (RFC 4291 section 2.5.5.2): judge it as one.
  if (v6 >> 32n === 0xffffn) return { family: 4, value: v6 & 0xffffffffn };
  return { family: 6, value: v6 };
}

/** Undefined for what is neither an address nor `address/bits`. */
export function parseNetwork(text: string): { readonly address: Address; readonly bits: number } | undefined {
  const [head = '', tail, ...rest] = text.split('/');
  const address = parseAddress(head);
  if (!address || rest.length > 0) return undefined;
  const width = address.family === 4 ? 32 : 128;
  if (tail === undefined) return { address, bits: width };
  if (!/^(0|[1-9][0-9]{0,2})$/.test(tail) || Number(tail) > width) return undefined;
  return { address, bits: Number(tail) };
}

export function isInside(address: Address, network: string): boolean {
  const parsed = parseNetwork(network);
  if (!parsed || parsed.address.family !== address.family) return false;
  const shift = BigInt((address.family === 4 ? 32 : 128) - parsed.bits);
  return address.value >> shift === parsed.address.value >> shift;
}

export function isLoopback(address: Address): boolean {
  return address.family === 4 ? address.value >> 24n === 127n : address.value === 1n;
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseV6(text: string): bigint | undefined {
  const dotted = /^(.*:)([0-9.]+)$/.exec(text);
  if (dotted && dotted[2]!.includes('.')) {
    const v4 = parseV4(dotted[2]!);
    if (v4 === undefined) return undefined;
    return parseV6(`${dotted[1]}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const count = groups.flat().length;
  if (!groups.flat().every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  if (halves.length === 1 ? count !== 8 : count > 7) return undefined;
  const zeros = Array.from({ length: 8 - count }, () => '0');
  const all = halves.length === 1 ? groups.flat() : [...groups[0]!, ...zeros, ...groups[1]!];
  return all.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}
