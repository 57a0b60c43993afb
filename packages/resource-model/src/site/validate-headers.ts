import type { Header } from '@ostler/contracts';

import type { Problems } from '../problems';

/** nginx manages these itself; a second one would frame the message anew. */
const MANAGED = new Set([
  'connection', 'content-length', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'keep-alive', 'proxy-connection',
  'date', 'server', 'content-encoding', 'status',
]); // prettier-ignore

/** Headers added to responses. The same name may come twice with other values. */
export function validateResponseHeaders(headers: readonly Header[], problems: Problems, path: string): void {
  const seen = new Set<string>();
  for (const [index, header] of headers.entries()) {
    const at = `${path}[${index}]`;
    refuseManaged(header, problems, at);
    const key = `${header.name.toLowerCase()}: ${header.value}`;
    if (seen.has(key)) problems.add(at, 'DUPLICATE', `repeats ${header.name}; remove one`);
    seen.add(key);
  }
}

/** Headers set towards an upstream: one value per name. */
export function validateRequestHeaders(headers: readonly Header[], problems: Problems, path: string): void {
  const seen = new Set<string>();
  for (const [index, header] of headers.entries()) {
    const at = `${path}[${index}]`;
    const name = header.name.toLowerCase();
    refuseManaged(header, problems, at);
    if (name === 'host') problems.add(`${at}.name`, 'RESERVED', 'is set by the field `host` of the proxy');
    if (seen.has(name))
      problems.add(`${at}.name`, 'DUPLICATE', `sets ${header.name} a second time; remove one`);
    seen.add(name);
  }
}

function refuseManaged(header: Header, problems: Problems, at: string): void {
  // RFC 9110 allows more, but no header in use needs it and proxies disagree about it.
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(header.name)) {
    problems.add(`${at}.name`, 'BAD_CHARACTER', 'must consist of letters, digits, `-` and `_`');
  }
  if (MANAGED.has(header.name.toLowerCase())) {
    problems.add(`${at}.name`, 'RESERVED', `${header.name} is managed by the web server and cannot be set`);
  }
}
