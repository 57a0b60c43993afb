const MASK = '********';

/** The patterns take time that grows with the square of a line: longer ones are cut, and that is said. */
const MOST_LINE = 8192;

/** Directives whose last value is a secret when the name before it says so. */
const NAMED_VALUE =
  /^(\s*(?:proxy_set_header|grpc_set_header|add_header|fastcgi_param|uwsgi_param|scgi_param|set|map|env)\s+)(\S+?)([\s=]+)(.+?)(;?\s*)$/i;
const SECRET_NAME = /authorization|cookie|password|passwd|secret|token|api[-_]?key|credential/i;
const SECRET_DIRECTIVE =
  /^(\s*(?:secure_link_md5|auth_jwt_key_request|otel_exporter_header)\s+)(.+?)(;?\s*)$/i;
const URL_PASSWORD = /([a-z][a-z0-9+.-]{0,30}:\/\/[^/\s:@]{0,256}:)[^/\s@]{1,1024}(@)/gi;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;

/** Tokens of ours, wherever they stand (ADR 201). */
const OWN_TOKEN = /\b(ost_[a-z]+_)[A-Za-z0-9_-]{4,}/g;
/** Headers as logs and commands carry them: the rest of the line may be the secret. */
const HEADER = /\b(authorization|proxy-authorization|cookie|set-cookie)(["']?\s*:\s*["']?)[^"'\n]+/gi;

/** Hides what is secret in a configuration as nginx prints it: keys, and values whose name says that they are one. */
export function maskSecrets(text: string): string {
  return text.replace(PRIVATE_KEY, MASK).split('\n').map(maskLine).join('\n');
}

function maskLine(whole: string): string {
  const line = whole.length > MOST_LINE ? `${whole.slice(0, MOST_LINE)} (cut)` : whole;
  return line
    .replace(NAMED_VALUE, (same, directive: string, name: string, gap: string, _value, end: string) =>
      SECRET_NAME.test(name) ? `${directive}${name}${gap}${MASK}${end}` : same,
    )
    .replace(SECRET_DIRECTIVE, `$1${MASK}$3`)
    .replace(URL_PASSWORD, `$1${MASK}$2`)
    .replace(OWN_TOKEN, `$1${MASK}`)
    .replace(HEADER, `$1$2${MASK}`);
}
