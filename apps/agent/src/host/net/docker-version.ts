import { request } from 'node:http';

const MOST_BYTES = 65_536;

/**
 * What Docker's own API says (GET /version over its socket). Empty when nothing answers in time, or when the
 * answer is none.
 */
export function readDockerVersion(socketPath: string, timeoutMs: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const asked = request({ socketPath, path: '/version', timeout: timeoutMs }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      text += piece;
      if (text.length > MOST_BYTES) asked.destroy();
    });
    response.on('end', () => resolve(versionOf(text)));
  });
  const timer = setTimeout(() => asked.destroy(), timeoutMs);
  asked.on('error', () => resolve(''));
  asked.on('close', () => {
    clearTimeout(timer);
    resolve('');
  });
  asked.end();
  return promise;
}

function versionOf(text: string): string {
  try {
    const answer: unknown = JSON.parse(text);
    const version: unknown = answer && typeof answer === 'object' && Reflect.get(answer, 'Version');
    return typeof version === 'string' ? version.slice(0, 64) : '';
  } catch {
    return '';
  }
}
