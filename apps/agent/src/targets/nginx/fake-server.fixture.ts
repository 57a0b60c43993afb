import { systemClock } from '@ostler/kernel';
import { FakeFiles } from '../../host/fs/fake';
import { FakeNet } from '../../host/net/fake';
import type { FoundNginx } from '../../host/nginx';
import { FakeNginx } from '../../host/nginx/fake';
import type { CommitFailpoint } from './commit';
import { block, directive, type Contribution } from './index';
import { NginxTarget } from './nginx-target';

export const FOLDER = '/var/lib/ostler-agent/nginx';

/** A server on fakes: its files and its nginx outlive the agent. */
export class FakeServer {
  readonly files = new FakeFiles({ '/etc/nginx/conf.d/keep': '' });
  readonly nginx = new FakeNginx(this.files);
  readonly net = new FakeNet();
  readonly logged: string[] = [];
  /** No nginx is installed; whoever looks again later may find one. */
  isMissing = false;

  constructor() {
    this.net.answer = (request) => this.nginx.answer(request);
  }

  /** An agent that has just started. */
  start(failpoint: (name: CommitFailpoint) => void = () => undefined): NginxTarget {
    const found = (): FoundNginx =>
      this.isMissing
        ? { found: false, reason: 'NGINX_MISSING', message: 'nginx is not installed.' }
        : { found: true, runtime: this.nginx };
    return new NginxTarget({
      files: this.files,
      net: this.net,
      clock: systemClock,
      log: (line) => void this.logged.push(line),
      failpoint,
      folder: FOLDER,
      find: () => Promise.resolve(found()),
    });
  }
}

/** A site that answers for `<name>.test`; with BROKEN in its text nginx refuses it. */
export function site(name: string, text = 'fine'): Contribution {
  const uid = `00000000-0000-7000-8000-${Buffer.from(name).toString('hex').padStart(12, '0')}`;
  const host = `${name}.test`;
  return {
    uid,
    name,
    nodes: [
      block(
        'server',
        [],
        [
          directive('listen', '*:80'),
          directive('server_name', host),
          directive('add_header', 'X-Text', text),
        ],
      ),
    ],
    files: [],
    domains: [host],
    probes: [{ host, tls: false }],
    ipv6: false,
    inputs: {},
  };
}
