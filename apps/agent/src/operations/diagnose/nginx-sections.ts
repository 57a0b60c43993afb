import type { Files } from '../../host/fs';
import type { FoundNginx } from '../../host/nginx/port';
import { pairs, type Section, tailOf } from './section';

const LOG_TAIL_BYTES = 16_384;

export interface NginxSectionDeps {
  readonly files: Files;
  readonly find: () => Promise<FoundNginx>;
}

/** nginx as the agent found it, and what it complained of. */
export function nginxSections({ files, find }: NginxSectionDeps): Section[] {
  return [
    { title: 'nginx', gather: async () => facts(await find()) },
    {
      title: 'Tail of the error log of nginx',
      gather: async () => {
        const found = await find();
        return found.found ? tailOf(files, found.runtime.errorLogPath, LOG_TAIL_BYTES) : found.message;
      },
    },
  ];
}

function facts(found: FoundNginx): string {
  if (!found.found) return found.message;
  const { version, mode, hookPath, errorLogPath, httpPort, httpsPort } = found.runtime;
  return pairs({
    version,
    'whose it is': mode === 'system' ? "the system's own" : 'a private one of the agent',
    'hook file': hookPath,
    'error log': errorLogPath,
    ports: `${httpPort} and ${httpsPort}`,
  });
}
