import type { Files } from '../../host/fs/port';
import type { NginxRuntime } from '../../host/nginx';
import type { Layout } from './layout';

export interface RotationLimits {
  /** A log larger than this is rotated. */
  readonly mostBytes: number;
  /** Old logs kept per site. */
  readonly kept: number;
}

const DEFAULT_LIMITS: RotationLimits = { mostBytes: 32 * 1024 * 1024, kept: 4 };

/**
 * Renames each large log and has nginx open new ones. Lines that are written between the two go to the renamed file, so
 * none is lost. Returns how many were rotated.
 */
export async function rotateLogs(
  layout: Layout,
  files: Files,
  runtime: NginxRuntime,
  limits: RotationLimits = DEFAULT_LIMITS,
): Promise<number> {
  let rotated = 0;
  for (const name of await files.list(layout.logs)) {
    const path = `${layout.logs}/${name}`;
    if (!name.endsWith('.log') || ((await files.state(path))?.size ?? 0) <= limits.mostBytes) continue;
    await files.removeTree(`${path}.${limits.kept}`);
    for (let age = limits.kept - 1; age >= 1; age -= 1)
      if (await files.state(`${path}.${age}`)) await files.rename(`${path}.${age}`, `${path}.${age + 1}`);
    await files.rename(path, `${path}.1`);
    rotated += 1;
  }
  if (rotated > 0) await runtime.reopenLogs();
  return rotated;
}
