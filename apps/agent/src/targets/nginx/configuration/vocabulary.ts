/**
 * How nginx reads an argument:
 * - `plain`: as it is, a dollar sign too;
 * - `script`: `$name` is replaced by a variable, and nothing escapes a dollar sign;
 * - `fixed`: a dollar sign would change what the directive does, so none may come in as text;
 * - `name`: the name of a variable, nothing else.
 */
export type Reading = 'plain' | 'script' | 'fixed' | 'name';

/** Readings by position; the last one holds for all that follow. */
const VOCABULARY: Readonly<Record<string, readonly [Reading, ...Reading[]]>> = {
  access_log: ['fixed', 'plain'],
  add_header: ['plain', 'script', 'plain'],
  alias: ['script'],
  allow: ['plain'],
  auth_basic: ['script'],
  auth_basic_user_file: ['script'],
  client_body_temp_path: ['plain'],
  client_body_timeout: ['plain'],
  client_max_body_size: ['plain'],
  daemon: ['plain'],
  default_type: ['plain'],
  deny: ['plain'],
  disable_symlinks: ['plain', 'script'],
  error_log: ['fixed', 'plain'],
  error_page: ['fixed'],
  events: ['plain'],
  fastcgi_buffering: ['plain'],
  fastcgi_connect_timeout: ['plain'],
  fastcgi_intercept_errors: ['plain'],
  fastcgi_param: ['plain', 'script', 'plain'],
  fastcgi_pass: ['fixed'],
  fastcgi_read_timeout: ['plain'],
  fastcgi_send_timeout: ['plain'],
  fastcgi_split_path_info: ['plain'],
  fastcgi_temp_path: ['plain'],
  geo: ['name'],
  gzip: ['plain'],
  gzip_proxied: ['plain'],
  gzip_types: ['plain'],
  gzip_vary: ['plain'],
  http: ['plain'],
  http2: ['plain'],
  if: ['name'],
  include: ['fixed'],
  index: ['script'],
  internal: ['plain'],
  ip_hash: ['plain'],
  keepalive: ['plain'],
  least_conn: ['plain'],
  limit_req: ['plain'],
  limit_req_log_level: ['plain'],
  limit_req_status: ['plain'],
  limit_req_zone: ['script', 'plain'],
  listen: ['fixed'],
  location: ['plain'],
  log_format: ['plain', 'plain', 'script'],
  log_not_found: ['plain'],
  map: ['script', 'name'],
  pid: ['plain'],
  proxy_buffering: ['plain'],
  proxy_connect_timeout: ['plain'],
  proxy_http_version: ['plain'],
  proxy_intercept_errors: ['plain'],
  proxy_next_upstream: ['plain'],
  proxy_pass: ['fixed'],
  proxy_read_timeout: ['plain'],
  proxy_redirect: ['plain'],
  proxy_send_timeout: ['plain'],
  proxy_set_header: ['plain', 'script'],
  proxy_ssl_name: ['script'],
  proxy_ssl_server_name: ['plain'],
  proxy_temp_path: ['plain'],
  return: ['plain', 'script'],
  root: ['script'],
  scgi_temp_path: ['plain'],
  sendfile: ['plain'],
  server: ['fixed'],
  server_name: ['fixed'],
  server_names_hash_bucket_size: ['plain'],
  server_names_hash_max_size: ['plain'],
  server_tokens: ['plain'],
  ssl_certificate: ['fixed'],
  ssl_certificate_key: ['fixed'],
  ssl_protocols: ['plain'],
  ssl_reject_handshake: ['plain'],
  tcp_nopush: ['plain'],
  try_files: ['script'],
  types: ['plain'],
  types_hash_max_size: ['plain'],
  upstream: ['plain'],
  user: ['plain'],
  uwsgi_temp_path: ['plain'],
  variables_hash_max_size: ['plain'],
  worker_connections: ['plain'],
  worker_processes: ['plain'],
  worker_rlimit_nofile: ['plain'],
  worker_shutdown_timeout: ['plain'],
};

/** Blocks whose lines are keys and values, not directives: keys are fixed words or addresses. */
const TABLES: Readonly<Record<string, readonly [Reading, ...Reading[]]>> = {
  // The geo module takes its values as they are: that is what carries a literal dollar sign.
  geo: ['plain'],
  map: ['script'],
};

/** Undefined for what we do not write: the vocabulary is everything that can ever be rendered. */
export function readingsOf(name: string, parent: string | undefined): readonly Reading[] | undefined {
  const table = parent === undefined ? undefined : TABLES[parent];
  if (table) return table;
  return Object.hasOwn(VOCABULARY, name) ? VOCABULARY[name] : undefined;
}

/** Whether the first word of a line in this block is a key, to be quoted like an argument. */
export function isTable(parent: string | undefined): boolean {
  return parent !== undefined && Object.hasOwn(TABLES, parent);
}
