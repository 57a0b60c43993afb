import type { ServerFacts } from '../../targets/nginx';

export const FACTS: ServerFacts = {
  nginxVersion: '1.22.1',
  httpPort: 80,
  httpsPort: 443,
  ipv6: true,
  challengeFolder: '/state/challenges',
  logFolder: '/state/logs',
  emptyFolder: '/state/empty',
  probePath: '/.well-known/ostler/0123',
};
