import { uidInPath, type Layout } from './layout';

/** The spec field that each directive comes from: what a person can change. */
const FIELDS: Readonly<Record<string, string>> = {
  add_header: 'headers',
  allow: 'access',
  auth_basic_user_file: 'basicAuth',
  client_max_body_size: 'maxBodyBytes',
  deny: 'access',
  error_page: 'errorPages',
  fastcgi_pass: 'fastcgi.socket',
  limit_req: 'rateLimit',
  limit_req_zone: 'rateLimit',
  location: 'paths',
  proxy_pass: 'proxy.upstream',
  root: 'staticFiles.root',
  return: 'redirect',
  server: 'upstreams.servers',
  server_name: 'domains',
  ssl_certificate: 'tls.certificate',
  ssl_certificate_key: 'tls.certificate',
  upstream: 'upstreams',
};

/** Uids of the sites that nginx blames: in its place, or by a file that it could not load. */
export function blamedIn(message: string, layout: Layout): string | undefined {
  return uidInPath(layout, message);
}

/** A message of nginx in the words of a spec; `textOf` gives the rendered file of a site. */
export function inWords(
  message: string,
  layout: Layout,
  textOf: (uid: string) => string | undefined,
): string {
  const folder = layout.folder.replaceAll(/[^A-Za-z0-9/]/g, '\\$&');
  const place = new RegExp(`(?: in )?${folder}/(?:sites/([^/]+)/)?[^:"]*:([0-9]+)`, 'g');
  return message.replaceAll(place, (_, uid: string | undefined, line: string) => {
    if (uid === undefined) return '';
    const word = /^\s*([a-z_0-9]+)/.exec(textOf(uid)?.split('\n')[Number(line) - 1] ?? '')?.[1] ?? '';
    const field = FIELDS[word];
    return field === undefined ? ` (line ${line} of what was rendered)` : ` (field ${field})`;
  });
}
