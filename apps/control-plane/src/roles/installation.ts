import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The checkout or package that this program is part of: the console, the agent and the installer lie in it. */
export const installation = nearestWith('apps/control-plane', import.meta.dirname);

function nearestWith(part: string, folder: string): string {
  const parent = dirname(folder);
  return existsSync(join(folder, part)) || parent === folder ? folder : nearestWith(part, parent);
}
