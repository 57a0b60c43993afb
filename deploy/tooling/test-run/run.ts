import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { checks } from './checks.ts';
import type { Check } from './checks.ts';
import { add, closingLine, failedNames, nothing, skippedNames, tallyOf } from './tally.ts';
import type { Tally, VitestReport } from './tally.ts';

// `npm test` behind the launcher: runs every check, says how each went, and ends with the closing line.

const root = join(import.meta.dirname, '../../..');
const reports = await mkdtemp(join(tmpdir(), 'ostler-test-run-'));
const skipped: string[] = [];
const failed: string[] = [];

async function run(check: Check): Promise<Tally> {
  const startedAt = performance.now();
  console.log(`\n== ${check.name}: ${check.says}`);
  const reportFile = join(reports, `${check.name}.json`);
  const exitCode = await runProgram(check, check.isRing ? [`--outputFile.json=${reportFile}`] : []);
  const tally = check.isRing ? await tallyOfRing(reportFile, exitCode) : tallyOfCheck(exitCode);
  if (tally.failed > 0 && !check.isRing) failed.push(check.name);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(
    `== ${check.name}: ${tally.failed > 0 ? 'FAILED' : 'well'}, ${closingLine(tally)} (${seconds} s)`,
  );
  return tally;
}

/** In a group of its own, so that a limit ends the whole tree. */
async function runProgram({ argv: [program, ...args], limitMinutes }: Check, more: string[]) {
  const child = spawn(program, [...args, ...more], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const end = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL');
  const interrupt = () => {
    end();
    process.exit(130);
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const limit = setTimeout(() => {
    console.log(`ended after ${limitMinutes} minutes`);
    end();
  }, limitMinutes * 60_000);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  } catch (error) {
    console.log(`${program} could not be run: ${String(error)}`);
    return null;
  } finally {
    clearTimeout(limit);
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

function tallyOfCheck(exitCode: number | null): Tally {
  return exitCode === 0 ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 };
}

async function tallyOfRing(reportFile: string, exitCode: number | null): Promise<Tally> {
  const text = await readFile(reportFile, 'utf8').catch(() => undefined);
  const report = text === undefined ? undefined : (JSON.parse(text) as VitestReport);
  skipped.push(...skippedNames(report));
  failed.push(...failedNames(report));
  return tallyOf(report, exitCode);
}

/** Where everything can be installed, nothing may be left out. */
function mayNotSkip(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version');
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(
    `no such check: ${unknown.join(', ')}; there are ${checks.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}

let sum = nothing;
for (const check of checks) {
  if (wanted.length === 0 || wanted.includes(check.name)) sum = add(sum, await run(check));
}
await rm(reports, { recursive: true });

console.log('');
for (const name of failed) console.log(`failed: ${name}`);
for (const name of skipped) console.log(`skipped: ${name}`);
if (skipped.length > 0 && mayNotSkip())
  console.log('As root on Debian nothing may be skipped: this run failed.');
console.log(closingLine(sum));
process.exitCode = sum.failed > 0 || (sum.skipped > 0 && mayNotSkip()) ? 1 : 0;
