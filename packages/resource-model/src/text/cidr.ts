import { accepted, refused, type Verdict } from '../problems';
import { formatIp, isWithin, parseIp } from './ip-address';

/** `all`, an address, or a prefix in CIDR notation without host bits; IPv6 in its RFC 5952 form. */
export function accessSource(text: string): Verdict {
  return text === 'all' ? accepted(text) : cidr(text);
}

export function cidr(text: string): Verdict {
  const [address = '', bitsText, ...rest] = text.split('/');
  const ip = parseIp(address);
  if (!ip || rest.length > 0) {
    return refused(
      'NOT_AN_ADDRESS',
      'is not an IP address or prefix; write one like 10.0.0.0/8 or 2001:db8::/32',
    );
  }
  if (bitsText === undefined) return accepted(formatIp(ip));
  const most = ip.bytes.length * 8;
  if (!/^(0|[1-9][0-9]{0,2})$/.test(bitsText) || Number(bitsText) > most) {
    return refused('BAD_PREFIX_LENGTH', `has a prefix length that is not a number from 0 to ${most}`);
  }
  const bits = Number(bitsText);
  const network = { bytes: ip.bytes.map((byte, index) => byte & maskByte(bits - index * 8)) };
  if (!isWithin(ip, network, most)) {
    return refused('HOST_BITS_SET', `has bits set beyond its prefix; write ${formatIp(network)}/${bits}`);
  }
  return accepted(`${formatIp(ip)}/${bits}`);
}

function maskByte(bitsLeft: number): number {
  if (bitsLeft >= 8) return 255;
  return bitsLeft <= 0 ? 0 : (255 << (8 - bitsLeft)) & 255;
}
