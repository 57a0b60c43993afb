import { expect, test } from 'vitest';
import { mainDirective, parseForeign, splitDump } from './parse-dump';

const DUMP = `# configuration file /etc/nginx/nginx.conf:
user www-data;
error_log /var/log/nginx/error.log warn; # not this: error_log /dev/null;
include /etc/nginx/modules-enabled/*.conf;
events { worker_connections 768; }
http {
  gzip on;
  include /etc/nginx/conf.d/*.conf;
  include sites-enabled/*;
}

# configuration file /etc/nginx/conf.d/ostler.conf:
include /var/lib/ostler-agent/nginx/generations/0000000001.conf;

# configuration file /var/lib/ostler-agent/nginx/generations/0000000001.conf:
server { listen 80; server_name ours.test; }

# configuration file /etc/nginx/sites-enabled/shop:
log_format "odd { ; }" '$remote_addr "x"';
server {
  listen 80 default_server;
  listen [::]:80 default_server;
  listen 443 ssl http2;
  listen 127.0.0.1:8081;
  listen localhost;
  listen unix:/run/x.sock;
  server_name Shop.test www.shop.test "~^(?<x>.+)\\.shop\\.test$";
  location / { return 200 "server { listen 99; }"; }
  include snippets/names.conf;
}
server { server_name silent.test; }

# configuration file /etc/nginx/snippets/names.conf:
server_name more.test;
`;

test('servers of foreign files are found with file, line, names and listeners; ours are left out', () => {
  const { servers } = parseForeign(DUMP, ['/etc/nginx/conf.d/ostler.conf', '/var/lib/ostler-agent/nginx']);
  expect(servers).toEqual([
    {
      file: '/etc/nginx/sites-enabled/shop',
      line: 2,
      names: ['Shop.test', 'www.shop.test', '~^(?<x>.+)\\.shop\\.test$', 'more.test'],
      listens: [
        { address: '*', port: 80, tls: false, isDefault: true },
        { address: '[::]', port: 80, tls: false, isDefault: true },
        { address: '*', port: 443, tls: true, isDefault: false },
        { address: '127.0.0.1', port: 8081, tls: false, isDefault: false },
        { address: 'localhost', port: 80, tls: false, isDefault: false },
      ],
    },
    {
      file: '/etc/nginx/sites-enabled/shop',
      line: 13,
      names: ['silent.test'],
      listens: [{ address: '*', port: 80, tls: false, isDefault: false }],
    },
  ]);
});

test('directives of the shared levels are known, those inside blocks are not', () => {
  const { httpDirectives, mainDirectives } = parseForeign(DUMP, ['/etc/nginx/conf.d/ostler.conf']);
  expect(httpDirectives).toEqual(['gzip', 'log_format', 'server']);
  expect(mainDirectives).toEqual(['user', 'error_log', 'events', 'http']);
  expect(mainDirective(DUMP, 'error_log')).toEqual(['/var/log/nginx/error.log', 'warn']);
});

test('an empty or strange dump has no servers', () => {
  expect(parseForeign('', []).servers).toEqual([]);
  expect(parseForeign('# configuration file /a:\n}}} {{{ "unclosed', []).servers).toEqual([]);
  expect(splitDump('noise\n# configuration file /a:\nx;\n').get('/a')).toBe('x;\n');
});

test('files that include each other end', () => {
  const loop =
    '# configuration file /a:\nhttp { include /b; }\n# configuration file /b:\ninclude /b;\nserver { server_name x; }\n';
  expect(parseForeign(loop, []).servers[0]).toMatchObject({ file: '/b', names: ['x'] });
});
