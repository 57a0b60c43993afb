import { read } from 'node:fs';
import { promisify } from 'node:util';

import { AppError } from '@ostler/kernel';

import { openArgument } from './file-argument';

/** The first line of a file; empty without a file. */
export async function readPassphrase(file: string | undefined): Promise<string> {
  if (file === undefined) return '';
  await using opened = await openArgument({ argument: file, how: 'read' });
  const { buffer, bytesRead } = await promisify(read)(opened.descriptor, Buffer.alloc(4096), 0, 4096, 0);
  const text = buffer.toString('utf8', 0, bytesRead);
  const [line = ''] = text.split('\n');
  if (line.length < 12)
    throw AppError.invalid('passphrase-file', 'TOO_SHORT', 'the passphrase has at least 12 characters');
  return line;
}
