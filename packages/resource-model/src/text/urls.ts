import { accepted, refused, type Verdict } from '../problems';
import { upstreamHost } from './hosts';
import { firstStrange } from './paths';

const URL_CHARACTERS = /^[A-Za-z0-9._~:/?#[\]@!&()*+,=%-]$/;

/** Target of a redirect: an absolute http or https URL, or a path that begins with exactly one slash. */
export function redirectTarget(text: string): Verdict {
  const strange = firstStrange(text, URL_CHARACTERS);
  if (strange) return refused('BAD_CHARACTER', `may not contain ${strange}; percent-encode it`);
  if (/\/\.\.?([/?#]|$)/.test(text)) return refused('BAD_PATH', 'may not contain `.` or `..` parts');
  if (text.startsWith('/')) {
    return text.startsWith('//')
      ? refused('NOT_A_PATH', 'begins with two slashes, which leads to another host; write the whole URL')
      : accepted(text);
  }
  return absoluteUrl(text, ['http:', 'https:']);
}

/** Directory of an ACME authority: https, and nothing that leads into the server's own network services. */
export function acmeDirectory(text: string): Verdict {
  const strange = firstStrange(text, URL_CHARACTERS);
  if (strange) return refused('BAD_CHARACTER', `may not contain ${strange}`);
  const verdict = absoluteUrl(text, ['https:']);
  if (!verdict.ok) return verdict;
  const host = new URL(text).hostname.replace(/^\[|\]$/g, '');
  const allowed = upstreamHost(host);
  return allowed.ok ? verdict : allowed;
}

function absoluteUrl(text: string, schemes: readonly string[]): Verdict {
  const written = schemes.map((scheme) => `${scheme}//`).join(' or ');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    !url ||
    !schemes.some((scheme) => text.toLowerCase().startsWith(`${scheme}//`)) ||
    !schemes.includes(url.protocol)
  ) {
    return refused('BAD_URL', `must be a URL that begins with ${written}`);
  }
  if (/^[a-z]+:\/\/\//i.test(text) || url.hostname === '') return refused('BAD_URL', 'names no host');
  if (url.username !== '' || url.password !== '') {
    return refused('BAD_URL', 'may not carry a user name or password');
  }
  return accepted(text);
}
