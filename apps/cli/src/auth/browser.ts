import { spawn } from 'node:child_process';
import type { Environment } from '../config/environment';

const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
};

/** Opens an address with BROWSER or the desktop's own browser. False: there is none that could be started. */
export function openBrowser({ browser }: Environment, url: string): Promise<boolean> {
  const [program = '', ...args] = browser?.trim().split(/\s+/) ?? OPENERS[process.platform] ?? ['xdg-open'];
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
