import type { Operation } from '@ostler/contracts';

const outputs: Readonly<Record<string, readonly string[]>> = {
  noop: ['no-op: done'],
  restartAgent: ['The agent ends and is started again.'],
  diagnose: [
    '== system ==',
    'Debian GNU/Linux 12, kernel 6.1.0-28-amd64, 2 CPUs, 3.8 GiB',
    '== units ==',
    'nginx.service          active (running) since 12 days',
    'ostler-agent.service   active (running) since 3 days',
    '== listeners ==',
    '0.0.0.0:80    nginx',
    '0.0.0.0:443   nginx',
    '== disk ==',
    '/dev/vda1   40 GiB, 11 GiB used (28 %)',
    '== nginx error log, last lines ==',
    '(empty)',
  ],
  installNginx: [
    'Reading package lists...',
    'Building dependency tree...',
    'The following NEW packages will be installed: nginx nginx-common',
    'Setting up nginx-common (1.22.1-9+deb12u3) ...',
    'Setting up nginx (1.22.1-9+deb12u3) ...',
    'nginx version: nginx/1.22.1',
  ],
  testNginxConfiguration: [
    'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok',
    'nginx: configuration file /etc/nginx/nginx.conf test is successful',
  ],
  showNginxConfiguration: [
    '# configuration file /etc/nginx/nginx.conf:',
    'user www-data;',
    'worker_processes auto;',
    'events { worker_connections 768; }',
    'http {',
    '    include /etc/nginx/conf.d/*.conf;',
    '}',
  ],
};

/** What an operation of this kind prints. */
export function outputOf(operation: Operation): readonly string[] {
  return outputs[operation.spec?.operation.case ?? 'noop'] ?? [];
}
