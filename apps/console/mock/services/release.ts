import { createHash } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import type { ServiceImpl } from '@connectrpc/connect';
import { ErrorReason, type ReleaseFile, ReleaseSchema, type ReleaseService } from '@ostler/contracts';
import { Problems, releasePath } from '@ostler/resource-model';
import { refusal } from '../refuse';
import type { ReleaseContent, World } from '../world';

/** Takes releases in as the control plane does: unsafe names are refused, contents must have their hash. */
export function releaseService(world: World): ServiceImpl<typeof ReleaseService> {
  const { contents, begun } = world.releaseStore;
  const lacking = (hashes: readonly string[]): string[] =>
    hashes.filter((hash) => hashOf(contents.get(hash)) !== hash);
  return {
    begin({ files }) {
      refuseUnsafe(files);
      const digest = digestOf(files);
      const bytes = files.reduce((sum, { size }) => sum + size, 0n);
      const release = create(ReleaseSchema, {
        digest,
        files: files.length,
        bytes,
        createdAt: timestampNow(),
      });
      for (const { sha256, size } of files) {
        const hash = hexOf(sha256);
        if (!contents.has(hash)) contents.set(hash, { size: Number(size), pieces: [] });
      }
      const hashes = [...new Set(files.map(({ sha256 }) => hexOf(sha256)))];
      begun.set(digest, { release, hashes });
      return { release, missing: lacking(hashes).map((hash) => Buffer.from(hash, 'hex')) };
    },
    putFile({ sha256, offset, data }) {
      const content = contents.get(hexOf(sha256));
      if (!content) throw refusal(ErrorReason.NOT_FOUND, 'There is no content with this hash.');
      content.pieces.push(data);
      return { nextOffset: offset + BigInt(data.length) };
    },
    commit({ digest }) {
      const one = begun.get(digest);
      if (!one) throw refusal(ErrorReason.NOT_FOUND, `Release ${digest} does not exist.`);
      const missing = lacking(one.hashes).length;
      if (missing > 0) {
        throw refusal(ErrorReason.CONFLICT, `${missing} of the contents of ${digest} are not there yet.`);
      }
      const release = { ...one.release, complete: true };
      world.published.set(digest, release);
      return { release };
    },
  };
}

function refuseUnsafe(files: readonly ReleaseFile[]): void {
  const problems = new Problems();
  files.forEach(({ path }, index) => {
    const verdict = releasePath(path);
    if (!verdict.ok) problems.add(`files[${index}].path`, verdict.reason, verdict.message);
  });
  if (problems.violations.length === 0) return;
  throw refusal(ErrorReason.INVALID, 'Some names of files are not safe.', [...problems.violations]);
}

function digestOf(files: readonly ReleaseFile[]): string {
  const list = files.map(({ path, sha256 }) => `${path}\0${hexOf(sha256)}`).sort();
  return `sha256:${createHash('sha256').update(list.join('\n')).digest('hex')}`;
}

function hashOf(content: ReleaseContent | undefined): string {
  const bytes = Buffer.concat(content?.pieces ?? []);
  if (!content || bytes.length !== content.size || content.pieces.length === 0) return '';
  return createHash('sha256').update(bytes).digest('hex');
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
