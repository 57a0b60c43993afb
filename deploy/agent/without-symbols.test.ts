import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

import { withoutSymbols } from './without-symbols';

test('this Node is smaller without its symbols, and runs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ostler-symbols-'));
  try {
    const program = await readFile(process.execPath);
    const kept = withoutSymbols(program);
    expect(kept.byteLength).toBeLessThan(program.byteLength * 0.95);
    await writeFile(join(folder, 'node'), kept);
    await chmod(join(folder, 'node'), 0o755);
    const { stdout } = await promisify(execFile)(join(folder, 'node'), ['-p', 'process.version']);
    expect(stdout.trim()).toBe(process.version);
    expect(withoutSymbols(kept).equals(kept)).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('what is no such program stays as it is', () => {
  const script = Buffer.from('#!/bin/sh\n');
  expect(withoutSymbols(script)).toBe(script);
});
