import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

import type { Compression } from '@connectrpc/connect/protocol';
import { compressionBrotli, compressionGzip, type ConnectNodeAdapterOptions } from '@connectrpc/connect-node';

const gzipped = promisify(gzip);
const brotlied = promisify(brotliCompress);

/** The default of brotli is its slowest, made for files that are compressed once. */
const quickBrotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

const quick: Compression[] = [
  { ...compressionGzip, compress: async (bytes) => new Uint8Array(await gzipped(bytes, { level: 1 })) },
  { ...compressionBrotli, compress: async (bytes) => new Uint8Array(await brotlied(bytes, quickBrotli)) },
];

type Settings = Pick<ConnectNodeAdapterOptions, 'acceptCompression' | 'compressMinBytes'>;

/**
 * Answers over the network are compressed, quickly. Without TLS the caller is on this machine, or a proxy of
 * the operator's is, which compresses for the network itself: there it costs more time than it saves.
 */
export function answerCompression(secure: boolean): Settings {
  return { acceptCompression: quick, compressMinBytes: secure ? 4096 : Infinity };
}
