export interface PrivateMain {
  readonly prefix: string;
  readonly hookPath: string;
  readonly mimeTypes: string | undefined;
  /** User of the workers; undefined without root. */
  readonly user: string | undefined;
}

/** The few types that a page needs, where the package's own list is missing. */
const FEW_TYPES = [
  'text/html html htm',
  'text/css css',
  'text/plain txt',
  'application/javascript js mjs',
  'application/json json',
  'image/svg+xml svg',
  'image/png png',
  'image/jpeg jpg jpeg',
  'image/webp webp',
  'font/woff2 woff2',
];

/** Long enough for a download, short enough that workers of old generations do not pile up. */
export const WORKER_SHUTDOWN_SECONDS = 600;

/** Main file of a private nginx. Its words are ours; the paths were checked by `checkPrefix`. */
export function privateMainConfiguration({ prefix, hookPath, mimeTypes, user }: PrivateMain): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path "${prefix}/temporary/${name}";`,
  );
  const types =
    mimeTypes === undefined
      ? `  types { ${FEW_TYPES.map((line) => `${line};`).join(' ')} }`
      : `  include ${mimeTypes};`;
  return [
    '# Main file of the private nginx of the Ostler agent. Changes here are overwritten.',
    ...(user === undefined ? [] : [`user ${user};`]),
    'worker_processes auto;',
    `worker_shutdown_timeout ${WORKER_SHUTDOWN_SECONDS}s;`,
    `pid "${prefix}/nginx.pid";`,
    `error_log "${prefix}/logs/error.log";`,
    'events { worker_connections 4096; }',
    'http {',
    types,
    '  types_hash_max_size 2048;',
    '  default_type application/octet-stream;',
    '  access_log off;',
    '  sendfile on;',
    '  tcp_nopush on;',
    ...temporary,
    `  include "${hookPath}";`,
    '}',
    '',
  ].join('\n');
}

/** The folder stands in nginx's configuration as text between quotes: nothing in it may be syntax or a pattern. */
export function isSafePath(path: string): boolean {
  return /^(\/[^/\p{Cc}\p{Cs}"'\\$*?[\]{};#:]+)+$/u.test(path);
}

/** It also stands in properties of systemd, where spaces and percent signs mean something. */
export function isPlainPath(path: string): boolean {
  return /^(\/[A-Za-z0-9._@+-]+)+$/.test(path);
}
