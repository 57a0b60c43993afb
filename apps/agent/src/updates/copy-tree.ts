import type { Files } from '../host/fs';

const PIECE_BYTES = 1024 * 1024;
const BITS = { mode: 0o600 };

/** Copies plain files of a private folder, durable when it returns. What is at the target already is added to. */
export async function copyTree(files: Files, from: string, to: string): Promise<void> {
  await files.makeFolder(to, 0o700);
  for (const name of await files.list(from)) {
    const state = await files.state(`${from}/${name}`);
    if (state?.kind === 'file') await copyFile(files, `${from}/${name}`, `${to}/${name}`);
  }
  await files.syncTree(to);
}

async function copyFile(files: Files, from: string, to: string): Promise<void> {
  await files.writeStaged(to, '', BITS);
  for (let offset = 0; ;) {
    const piece = await files.readPiece(from, offset, PIECE_BYTES);
    if (!piece || piece.byteLength === 0) return;
    await files.append(to, piece, BITS);
    offset += piece.byteLength;
  }
}
