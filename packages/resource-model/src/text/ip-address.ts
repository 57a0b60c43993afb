/** An address as bytes: 4 for IPv4, 16 for IPv6. */
export interface IpAddress {
  readonly bytes: readonly number[];
}

/** Strict forms only: dotted decimal without leading zeros, or RFC 4291 text without a zone. */
export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  if (!parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  return { bytes: parts.map(Number) };
}

function parseIpv6(text: string): IpAddress | undefined {
  if (!/^[0-9a-fA-F:.]+$/.test(text)) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half, index) => ipv6Half(half, index === halves.length - 1));
  const [left, right] = groups;
  if (!left || (halves.length === 2 && !right)) return undefined;
  if (!right) return left.length === 16 ? { bytes: left } : undefined;
  const missing = 16 - left.length - right.length;
  if (missing < 2) return undefined;
  return { bytes: [...left, ...Array<number>(missing).fill(0), ...right] };
}

/** Bytes of the groups on one side of `::`; the last part of the last side may be dotted decimal. */
function ipv6Half(half: string, last: boolean): number[] | undefined {
  if (half === '') return [];
  const bytes: number[] = [];
  const parts = half.split(':');
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes('.')) {
      const tail = parseIpv4(part);
      if (!tail) return undefined;
      bytes.push(...tail.bytes);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      const group = Number.parseInt(part, 16);
      bytes.push(group >> 8, group & 255);
    } else return undefined;
  }
  return bytes;
}

/** The one text form: RFC 5952 for IPv6. */
export function formatIp({ bytes }: IpAddress): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[index * 2]! << 8) | bytes[index * 2 + 1]!);
  const { start, length } = longestZeroRun(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}

/** True when the first `bits` bits of the address are those of the prefix. */
export function isWithin({ bytes }: IpAddress, prefix: IpAddress, bits: number): boolean {
  if (bytes.length !== prefix.bytes.length) return false;
  for (let bit = 0; bit < bits; bit++) {
    const mask = 0x80 >> (bit & 7);
    if ((bytes[bit >> 3]! & mask) !== (prefix.bytes[bit >> 3]! & mask)) return false;
  }
  return true;
}
