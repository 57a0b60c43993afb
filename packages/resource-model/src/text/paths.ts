import { accepted, refused, type Verdict } from '../problems';

// Each of these ends in a configuration file of nginx, so they are lists of what is allowed: quotes,
// backslashes, `;`, braces, `#` and `$` (which nginx would expand) have no harmless reading there.
const FOLDER = /^[\p{L}\p{M}\p{N}._@+~=,:/ -]+$/u;
const LOCATION = /^[\p{L}\p{M}\p{N}._~!&()*+,=:@/-]+$/u;
const REQUEST_TARGET = /^[A-Za-z0-9._~!&()*+,=:@/?%-]+$/;

const PRIVATE_FOLDERS = [
  '/proc',
  '/sys',
  '/dev',
  '/etc',
  '/root',
  '/boot',
  '/run',
  '/var/run',
  '/var/lib/ostler',
];
const PRIVATE_SOCKETS = [
  'docker',
  'containerd',
  'systemd',
  'dbus',
  'user',
  'ostler',
  'udev',
  'podman',
  'crio',
  'lock',
];

/** Absolute folder on a server. Trailing slashes are dropped. The local policy of the server has the last word. */
export function serverFolder(text: string): Verdict {
  const path = text.replace(/\/+$/, '').normalize('NFC');
  if (!text.startsWith('/')) return refused('NOT_ABSOLUTE', 'must be an absolute path, like /srv/www/shop');
  if (path === '') return refused('TOO_WIDE', 'would publish the whole server; name a folder of its own');
  const strange = firstStrange(path, FOLDER);
  if (strange) return refused('BAD_CHARACTER', `may not contain ${strange}; rename the folder`);
  if (hasOddSegments(path)) return refused('BAD_PATH', 'may not contain `.`, `..` or empty parts');
  const secret = PRIVATE_FOLDERS.find((folder) => path === folder || path.startsWith(`${folder}/`));
  if (secret)
    return refused('PRIVATE_FOLDER', `lies in ${secret}, which is never published; use /srv or /var/www`);
  return accepted(path);
}

/** Absolute path of a socket below /run that is not one of the system's own. */
export function fastCgiSocket(text: string): Verdict {
  const path = text.startsWith('/var/run/') ? text.slice('/var'.length) : text;
  if (!/^\/run\/[A-Za-z0-9._@+=,/-]+$/.test(path) || hasOddSegments(path) || path.endsWith('/')) {
    return refused('BAD_SOCKET', 'must be the path of a socket below /run, like /run/php/php8.2-fpm.sock');
  }
  const first = path.split('/')[2] ?? '';
  if (PRIVATE_SOCKETS.some((name) => first === name || first.startsWith(`${name}.`))) {
    return refused('PRIVATE_SOCKET', `is a socket of the system (/run/${first}) and never an upstream`);
  }
  return accepted(path);
}

/** Path that nginx matches requests against, after it has decoded them. */
export function locationPath(text: string): Verdict {
  const path = text.normalize('NFC');
  const problem = requestPathProblem(path, LOCATION);
  if (problem) return problem;
  if (path === '/.well-known/acme-challenge' || path.startsWith('/.well-known/acme-challenge/')) {
    return refused('RESERVED', 'is reserved: certificates are validated there');
  }
  return accepted(path);
}

/** Path (and query) that is requested from an upstream. */
export function requestTarget(text: string): Verdict {
  const problem = requestPathProblem(text, REQUEST_TARGET);
  if (problem) return problem;
  return /%(?![0-9A-Fa-f]{2})/.test(text)
    ? refused('BAD_ESCAPE', 'has a % that is not followed by two hexadecimal digits')
    : accepted(text);
}

function requestPathProblem(path: string, allowed: RegExp): Verdict | undefined {
  if (!path.startsWith('/') || path.startsWith('//')) {
    return refused('NOT_A_PATH', 'must begin with exactly one slash');
  }
  const strange = firstStrange(path, allowed);
  if (strange) return refused('BAD_CHARACTER', `may not contain ${strange}`);
  const [withoutQuery = ''] = path.split('?');
  if (withoutQuery !== '/' && hasOddSegments(withoutQuery.replace(/\/$/, ''))) {
    return refused('BAD_PATH', 'may not contain `.`, `..` or empty parts');
  }
  return undefined;
}

/** Relative path of a file in a release: forward slashes, no odd parts, nothing that hides or escapes. */
export function releasePath(text: string): Verdict {
  if (/[\u0000-\u001f\u007f\\]|\p{Cf}/u.test(text)) {
    return refused(
      'BAD_CHARACTER',
      'may not contain control characters, invisible characters or backslashes',
    );
  }
  if (text.startsWith('/'))
    return refused('NOT_RELATIVE', 'must be relative to the folder that is published');
  if (hasOddSegments(`/${text}`)) return refused('BAD_PATH', 'may not contain `.`, `..` or empty parts');
  if (text.split('/').some((part) => new TextEncoder().encode(part).length > 255)) {
    return refused('TOO_LONG', 'has a part of more than 255 bytes');
  }
  return accepted(text);
}

function hasOddSegments(path: string): boolean {
  return path
    .split('/')
    .slice(1)
    .some((part) => part === '' || part === '.' || part === '..');
}

/** The first character that the list does not allow, in words. */
export function firstStrange(text: string, allowed: RegExp): string | undefined {
  for (const character of text) {
    if (!allowed.test(character)) return nameOf(character);
  }
  return undefined;
}

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0) return 'NUL';
  if (code === 10 || code === 13) return 'a line break';
  if (code === 32) return 'a space';
  return code > 32 && code < 127
    ? `\`${character}\``
    : `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
