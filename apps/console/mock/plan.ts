import { create } from '@bufbuild/protobuf';
import {
  FileChange_Action as Action,
  type FileChange,
  FileChangeSchema,
  type Resource,
  Server_State,
  type ServerPlan,
  ServerPlanSchema,
  type SiteSpec,
} from '@ostler/contracts';
import { diffLines } from '../src/lib/line-diff';
import { placedOn } from './placements';
import type { World } from './world';

/** What each server would do for a change. */
export function plansFor(world: World, before: Resource | undefined, after: Resource): ServerPlan[] {
  return placedOn(world, after).map((server) => {
    const verified = server.state === Server_State.CONNECTED;
    const files = fileChanges(before, after);
    return create(ServerPlanSchema, {
      serverUid: server.uid,
      serverName: server.name,
      verified,
      valid: verified,
      message: verified
        ? 'nginx: configuration file test is successful'
        : 'The server is not connected; this is the compiled preview.',
      files,
      actions: files.length > 0 ? ['test the configuration', 'swap the generation', 'reload nginx'] : [],
    });
  });
}

function fileChanges(before: Resource | undefined, after: Resource): FileChange[] {
  if (after.spec.case !== 'site') return [];
  const path = `sites/${after.meta?.name}.conf`;
  const old = before?.spec.case === 'site' ? render(before.spec.value) : '';
  const next = render(after.spec.value);
  if (old === next) return [];
  const action = old === '' ? Action.ADD : Action.CHANGE;
  return [create(FileChangeSchema, { path, action, diff: unified(path, old, next) })];
}

function unified(path: string, before: string, after: string): string {
  const lines = diffLines(before, after);
  const count = (kind: 'added' | 'removed'): number => lines.filter((line) => line.kind !== kind).length;
  const sign = { same: ' ', added: '+', removed: '-' };
  return [
    `--- a/${path}`,
    `+++ b/${path}`,
    `@@ -${before === '' ? 0 : 1},${count('added')} +1,${count('removed')} @@`,
    ...lines.map(({ kind, text }) => `${sign[kind]}${text}`),
  ].join('\n');
}

/** A likeness of what the agent renders; enough to show a diff. */
export function render(spec: SiteSpec): string {
  const tls = spec.tls ? [`  listen 443 ssl;`, `  ssl_certificate ${spec.tls.certificate?.name}.pem;`] : [];
  const gzip = spec.gzip === false ? [] : ['  gzip on;'];
  const headers = spec.headers.map(({ name, value }) => `  add_header ${name} "${value}" always;`);
  const body = spec.maxBodyBytes > 0n ? [`  client_max_body_size ${spec.maxBodyBytes};`] : [];
  const limit = spec.rateLimit ? [`  limit_req zone=${spec.rateLimit.requestsPerSecond}rs;`] : [];
  const lines = ['server {', '  listen 80;', ...tls, `  server_name ${spec.domains.join(' ')};`];
  return [...lines, ...gzip, ...body, ...limit, ...headers, ...location(spec), '}', ''].join('\n');
}

function location({ handler }: SiteSpec): string[] {
  const answer = handler?.answer;
  switch (answer?.case) {
    case 'staticFiles':
      return ['  location / {', `    root ${answer.value.root || answer.value.release};`, '  }'];
    case 'proxy':
      return ['  location / {', `    proxy_pass http://${answer.value.upstream};`, '  }'];
    case 'redirect':
      return ['  location / {', `    return ${answer.value.status || 308} ${answer.value.target};`, '  }'];
    case 'fastcgi':
      return ['  location / {', `    fastcgi_pass unix:${answer.value.socket};`, '  }'];
    default:
      return ['  location / {', `    return ${answer?.value?.status ?? 404};`, '  }'];
  }
}
