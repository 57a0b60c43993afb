import { accepted, refused, type Verdict } from '../problems';
import { normaliseHostName } from '../domains/domain';
import { formatIp, isWithin, parseIp, type IpAddress } from './ip-address';

interface Range {
  readonly prefix: string;
  readonly bits: number;
  readonly what: string;
}

// Cloud metadata services hand credentials to whoever can reach them; the rest can be no web server.
const FORBIDDEN: readonly Range[] = [
  { prefix: '169.254.0.0', bits: 16, what: 'a link-local or metadata address' },
  { prefix: 'fe80::', bits: 10, what: 'a link-local address' },
  { prefix: 'fd00:ec2::254', bits: 128, what: 'a metadata address' },
  { prefix: '100.100.100.200', bits: 32, what: 'a metadata address' },
  { prefix: '192.0.0.192', bits: 32, what: 'a metadata address' },
  { prefix: '168.63.129.16', bits: 32, what: 'a metadata address' },
  { prefix: '0.0.0.0', bits: 8, what: 'an unspecified address' },
  { prefix: '::', bits: 128, what: 'an unspecified address' },
  { prefix: '224.0.0.0', bits: 3, what: 'a multicast or reserved address' },
  { prefix: 'ff00::', bits: 8, what: 'a multicast address' },
  { prefix: 'fec0::', bits: 10, what: 'a site-local address' },
];
const METADATA_NAMES = new Set([
  'metadata',
  'metadata.google.internal',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** Prefixes under which an IPv4 address hides in an IPv6 one: mapped, compatible, NAT64, 6to4. */
const EMBEDDING: readonly { prefix: string; bits: number; offset: number }[] = [
  { prefix: '::ffff:0:0', bits: 96, offset: 12 },
  { prefix: '64:ff9b::', bits: 96, offset: 12 },
  { prefix: '2002::', bits: 16, offset: 2 },
];

/** Why no request may be sent to the address, or undefined. The agent asks this of what names resolve to. */
export function forbiddenAddress(ip: IpAddress): string | undefined {
  for (const { prefix, bits, offset } of EMBEDDING) {
    if (isWithin(ip, parseIp(prefix)!, bits)) {
      const inner = forbiddenAddress({ bytes: ip.bytes.slice(offset, offset + 4) });
      if (inner) return inner;
    }
  }
  return FORBIDDEN.find(({ prefix, bits }) => isWithin(ip, parseIp(prefix)!, bits))?.what;
}

/** Host of an upstream: an address, or a name that the agent resolves. */
export function upstreamHost(text: string): Verdict {
  const ip = parseIp(text);
  if (ip) {
    const what = forbiddenAddress(ip);
    return what
      ? refused('FORBIDDEN_ADDRESS', `is ${what}, to which no site may proxy`)
      : accepted(formatIp(ip));
  }
  const name = normaliseHostName(text);
  if (!name.ok) return name;
  return METADATA_NAMES.has(name.value)
    ? refused('FORBIDDEN_ADDRESS', 'is the name of a metadata service, to which no site may proxy')
    : name;
}

/** Value of a Host header: a name or address, with or without a port. */
export function hostHeader(text: string): Verdict {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(text) ?? [];
  if (port !== undefined && !isPort(port))
    return refused('BAD_PORT', 'has a port that is not a number from 1 to 65535');
  const suffix = port === undefined ? '' : `:${port}`;
  if (host.startsWith('[')) {
    const ip = host.includes(':') ? parseIp(host.slice(1, -1)) : undefined;
    return ip
      ? accepted(`[${formatIp(ip)}]${suffix}`)
      : refused('NOT_A_HOST', 'is not a host name or address');
  }
  const ip = parseIp(host);
  if (ip) return accepted(`${formatIp(ip)}${suffix}`);
  const name = normaliseHostName(host);
  return name.ok ? accepted(name.value + suffix) : name;
}

function isPort(text: string): boolean {
  return /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65535;
}
