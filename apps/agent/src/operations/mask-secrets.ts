const MASK = '********';

/** Directives whose last value is a secret when the name before it says so. */
const NAMED_VALUE =
  /^(\s*(?:proxy_set_header|grpc_set_header|add_header|fastcgi_param|uwsgi_param|scgi_param|set|map|env)\s+)(\S+?)([\s=]+)(.+?)(;?\s*)$/i;
const SECRET_NAME = /authorization|cookie|password|passwd|secret|token|api[-_]?key|credential/i;
const SECRET_DIRECTIVE =
  /^(\s*(?:secure_link_md5|auth_jwt_key_request|otel_exporter_header)\s+)(.+?)(;?\s*)$/i;
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:)[^/\s@]+(@)/gi;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;

/** Hides what is secret in a configuration as nginx prints it: keys, and values whose name says that they are one. */
export function maskSecrets(text: string): string {
  return text.replace(PRIVATE_KEY, MASK).split('\n').map(maskLine).join('\n');
}

function maskLine(line: string): string {
  return line
    .replace(NAMED_VALUE, (whole, directive: string, name: string, gap: string, _value, end: string) =>
      SECRET_NAME.test(name) ? `${directive}${name}${gap}${MASK}${end}` : whole,
    )
    .replace(SECRET_DIRECTIVE, `$1${MASK}$3`)
    .replace(URL_PASSWORD, `$1${MASK}$2`);
}
