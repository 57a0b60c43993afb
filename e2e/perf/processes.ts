import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: the unit of times in /proc, the same on every Linux of our platforms. */
const TICKS_PER_SECOND = 100;

export interface Memory {
  /** All pages in memory, shared ones in full. */
  readonly residentBytes: number;
  /** Shared pages divided among those who share them: adds up over processes. */
  readonly proportionalBytes: number;
  /** Pages that belong to no file. */
  readonly anonymousBytes: number;
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return { residentBytes: bytes('Rss'), proportionalBytes: bytes('Pss'), anonymousBytes: bytes('Anonymous') };
}

/** Seconds of processor time since the process began, threads that have ended included. */
export function processorSeconds(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
}

/** The process and everything that it, or what it started, has started. */
export function treeOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const [child, parent] of parents()) children.set(parent, [...(children.get(parent) ?? []), child]);
  const found = [pid];
  for (const one of found) found.push(...(children.get(one) ?? []));
  return found;
}

function* parents(): Generator<[child: number, parent: number]> {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      yield [Number(name), Number(statOf(Number(name))[1])];
    } catch {
      // It ended while we looked.
    }
  }
}

/** Fields of /proc/PID/stat from the state on; the name before may contain anything. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
