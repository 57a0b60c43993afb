import { accepted, refused, type Verdict } from '../problems';
import { parseIp } from '../text/ip-address';
import { firstStrange } from '../text/paths';
import { lookAlikeProblem } from './look-alikes';
import { decodePunycode } from './punycode';

const LONGEST_DOMAIN = 253;
const LONGEST_LABEL = 63;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * A domain of a site or certificate in A-label form (UTS #46, non-transitional), lower case, without a
 * trailing dot; `*.` may stand for the first label. Addresses, ports, underscores and labels that could be
 * taken for others are refused.
 */
export function normaliseDomain(text: string): Verdict {
  const wildcard = text.startsWith('*.');
  const name = normaliseHostName(wildcard ? text.slice(2) : text);
  if (!name.ok) return name;
  if (!wildcard) return name;
  if (!name.value.includes('.')) {
    return refused(
      'BAD_WILDCARD',
      'would match every name below a top-level domain; name one like *.example.com',
    );
  }
  return name.value.length + 2 > LONGEST_DOMAIN ? tooLong : accepted(`*.${name.value}`);
}

/** A host name in A-label form, without wildcards. */
export function normaliseHostName(text: string): Verdict {
  if (text === '') return refused('EMPTY', 'is empty; write a host name like www.example.com');
  // Only letters, digits, hyphens and dots of ASCII get past here, so that the URL parser below finds no
  // port, no user, no escape and no path in what it is given.
  const strange = firstStrange(text, /^([A-Za-z0-9.-]|[^\u0000-\u007f])$/u);
  if (strange) return refused('BAD_CHARACTER', `may not contain ${strange}; ${hint(text)}`);
  const ascii = toAscii(text.replace(/\.$/, ''));
  if (ascii === undefined)
    return refused('NOT_A_DOMAIN', 'is not a valid internationalised host name (UTS #46)');
  if (parseIp(ascii) || /(^|\.)(0x[0-9a-f]*|[0-9]+)$/.test(ascii)) {
    return refused('IP_ADDRESS', 'is an IP address or ends in a number; a host name is wanted');
  }
  if (ascii.length > LONGEST_DOMAIN) return tooLong;
  for (const label of ascii.split('.')) {
    const problem = labelProblem(label);
    if (problem) return problem;
  }
  return accepted(ascii);
}

const tooLong = refused('TOO_LONG', `is longer than ${LONGEST_DOMAIN} characters`);

function hint(text: string): string {
  if (text.includes('/')) return 'write the host name alone, without http:// and path';
  if (text.includes(':')) return 'write the host name alone, without a port';
  if (text.includes('*')) return '`*` may only stand for the whole first label';
  return 'letters, digits, hyphens and dots make a host name';
}

/** The WHATWG URL parser does UTS #46 in every runtime of ours, the browser's among them. */
function toAscii(text: string): string | undefined {
  const simple = text.toLowerCase();
  if (/^[a-z0-9.-]*$/.test(simple) && !simple.includes('xn--')) return simple;
  const url = `http://${text}.invalid/`;
  if (!URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  return hostname.endsWith('.invalid') ? hostname.slice(0, -'.invalid'.length) : undefined;
}

function labelProblem(label: string): Verdict | undefined {
  if (label === '') return refused('NOT_A_DOMAIN', 'has an empty part between two dots');
  if (label.length > LONGEST_LABEL) {
    return refused('LABEL_TOO_LONG', `has a part of more than ${LONGEST_LABEL} characters between two dots`);
  }
  if (!LABEL.test(label)) return refused('NOT_A_DOMAIN', 'has a part that begins or ends with a hyphen');
  if (!label.startsWith('xn--')) {
    return label.slice(2, 4) === '--'
      ? refused('NOT_A_DOMAIN', 'has a part with hyphens in the third and fourth place')
      : undefined;
  }
  const unicode = decodePunycode(label.slice(4));
  if (unicode === undefined || unicode === '')
    return refused('NOT_A_DOMAIN', 'has a part that is not valid Punycode');
  const problem = lookAlikeProblem(unicode);
  return problem ? refused('LOOK_ALIKE', problem) : undefined;
}

/** True when the pattern (a domain, perhaps `*.`) covers the name. */
export function domainCovers(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  return (
    pattern.startsWith('*.') && !name.startsWith('*.') && name.slice(name.indexOf('.')) === pattern.slice(1)
  );
}
