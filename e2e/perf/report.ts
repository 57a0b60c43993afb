import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** What else the machine was doing, before a benchmark added to it. */
const loadBefore = loadavg()[0] ?? 0;

const page = join(import.meta.dirname, '../../docs/benchmarks.md');

/** One line of a table: what was measured, what came out, what the limit or peer is. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  /** The measure that was asked for, or a peer's value in the same run. */
  readonly beside: string;
}

/** The measure that was asked for, and whether it was met: `at most 10 ms: met`. */
export function atMost(limit: number, measured: number, show: (value: number) => string): string {
  return `at most ${show(limit)}: ${measured <= limit ? 'met' : '**not met**'}`;
}

/** Replaces the section of this name in docs/benchmarks.md, or adds it, and prints it. */
export function writeSection(name: string, explanation: string, rows: readonly Row[]): void {
  const section = [
    `## ${name}`,
    '',
    explanation,
    '',
    '| what | measured | beside |',
    '|---|---|---|',
    ...rows.map((row) => `| ${row.what} | ${row.measured} | ${row.beside} |`),
    '',
    `${new Date().toISOString().slice(0, 10)}, ${machine()}.`,
    '',
  ].join('\n');
  const text = existsSync(page) ? readFileSync(page, 'utf8') : heading;
  writeFileSync(page, replaceSection(text, name, section));
  process.stdout.write(`\n${section}`);
}

export function replaceSection(text: string, name: string, section: string): string {
  const sections = text.split(/^(?=## )/m);
  const at = sections.findIndex((one) => one.startsWith(`## ${name}\n`));
  if (at < 0) sections.push(section);
  else sections[at] = `${section}\n`;
  return `${sections.map((one) => one.trimEnd()).join('\n\n')}\n`;
}

const heading = `# Benchmarks

Each section is written by one command, which anyone can run. Times on a small shared machine vary; the peer
or the limit beside a value was measured in the same run.
`;

function machine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() || 'unknown processor';
  const memoryGiB = Math.round(totalmem() / 1024 ** 3);
  return `${processors.length} processors (${model}), ${memoryGiB} GiB, Linux ${release()}, Node ${process.versions.node}, load ${loadBefore.toFixed(1)} before`;
}
