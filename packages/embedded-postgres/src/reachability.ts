import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { DatabaseUser } from './database-user';

/** The folder nearest to the root that keeps the user from entering `folder`, or undefined. */
export async function barrierOnTheWayTo(folder: string, user: DatabaseUser): Promise<string | undefined> {
  for (const step of stepsFromRoot(folder)) {
    if (!(await canTraverse(step, user))) return step;
  }
  return undefined;
}

function stepsFromRoot(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [...stepsFromRoot(parent), folder];
}

// Only mode bits are looked at. Access lists could say otherwise; then PostgreSQL's own error is shown.
async function canTraverse(folder: string, user: DatabaseUser): Promise<boolean> {
  const { uid, gid, mode } = await stat(folder);
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}
