import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { AgentReleases } from '../agent-updates';
import { AuthorityService, ListenerKeys } from '../authority';
import {
  Addresses,
  type NodeRequest,
  type NodeResponse,
  plainText,
  type RouteHandler,
} from '../platform/http';
import { byteRange } from './byte-range';
import { installScript, type ScriptPackage } from './install-script';

/** As `uname -m` says them. */
const ARCHITECTURES = ['x86_64', 'aarch64'];
const PACKED_SOON_SECONDS = 5;
const PACKAGE_PATH = /^\/agent\/([0-9a-f]{64})\.tar\.gz$/;

/**
 * What a bare server downloads from the public listener: the installer of this control plane, and the packages that
 * it names by their digests. No credentials: neither is a secret, and the token comes with the join.
 */
@Injectable()
export class Installer implements RouteHandler {
  private template = '';

  constructor(
    private readonly releases: AgentReleases,
    private readonly authority: AuthorityService,
    private readonly keys: ListenerKeys,
    private readonly addresses: Addresses,
  ) {}

  /** The text of deploy/agent/install.sh; before the listeners open. */
  useTemplate(template: string): void {
    this.template = template;
  }

  async answer(path: string, request: NodeRequest, response: NodeResponse): Promise<boolean> {
    if (path === '/install.sh') await this.sendScript(request, response);
    else if (path.startsWith('/agent/')) await this.sendPackage(path, request, response);
    else return false;
    return true;
  }

  private async sendScript(request: NodeRequest, response: NodeResponse): Promise<void> {
    const packages = await this.packages();
    const [first] = packages;
    // Who asks for the packed one waits with `curl --retry`, which does not look at the text of an error.
    if (!first && request.url?.includes('package=ready')) {
      response.setHeader('retry-after', String(PACKED_SOON_SECONDS));
      return plainText(
        response,
        503,
        'the package of the agent is still being made; try again in some seconds',
      );
    }
    const script = installScript(this.template, {
      control: this.addresses.publicUrl,
      listenerPin: this.keys.pin(),
      caPin: this.authority.caPin(),
      releaseKey: first?.publicKey ?? '',
      packages,
    });
    plainText(response, 200, script.trimEnd(), 'text/x-shellscript; charset=utf-8');
  }

  private async packages(): Promise<(ScriptPackage & { readonly publicKey: string })[]> {
    const found = await Promise.all(
      ARCHITECTURES.map(async (architecture) => {
        const release = await this.releases.newestRelease(architecture);
        return release ? [{ ...release, architecture }] : [];
      }),
    );
    // One key signs them all: a release by another key is of another publisher.
    const all = found.flat();
    return all.filter(({ publicKey }) => publicKey === all[0]?.publicKey);
  }

  private async sendPackage(path: string, request: NodeRequest, response: NodeResponse): Promise<void> {
    const sha256 = PACKAGE_PATH.exec(path)?.[1];
    const file = sha256 ? this.releases.packagePath(Buffer.from(sha256, 'hex')) : undefined;
    const found = file ? await stat(file).catch(() => undefined) : undefined;
    if (!sha256 || !file || !found) {
      return plainText(response, 404, 'there is no such package here (any more); take a fresh join command');
    }
    await sendFile({ file, size: found.size, etag: `"${sha256}"` }, request, response);
  }
}

interface SentFile {
  readonly file: string;
  readonly size: number;
  readonly etag: string;
}

/** A file that never changes under its name, or the piece of it that is asked for. */
async function sendFile({ file, size, etag }: SentFile, request: NodeRequest, response: NodeResponse) {
  const { range: wanted, 'if-range': condition } = request.headers;
  const isSame = condition === undefined || condition === etag;
  const range = isSame ? byteRange(wanted, size) : undefined;
  // HTTP/1.1 and h2 responses have the same methods with other signatures.
  const answer = response as ServerResponse;
  answer.setHeader('etag', etag);
  answer.setHeader('accept-ranges', 'bytes');
  answer.setHeader('cache-control', 'public, max-age=31536000, immutable');
  if (range === 'none') {
    answer.setHeader('content-range', `bytes */${size}`);
    return plainText(response, 416, 'the package is not that long');
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  answer.statusCode = range ? 206 : 200;
  if (range) answer.setHeader('content-range', `bytes ${start}-${end}/${size}`);
  answer.setHeader('content-type', 'application/gzip');
  answer.setHeader('content-length', end - start + 1);
  if (request.method === 'HEAD') return void answer.end();
  // A caller that hangs up ends the reading, and is no failure.
  await pipeline(createReadStream(file, { start, end }), answer).catch(() => answer.destroy());
}
