import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

/** Program of an agent: each of its files by name. */
export type Bundle = Readonly<Record<string, string>>;

/** The bundle of a past version, as it was shipped. */
export function readBundle(version: string): Bundle {
  const packed = readFileSync(join(import.meta.dirname, `fixtures/agent-${version}.json.br`));
  return JSON.parse(brotliDecompressSync(packed).toString('utf8')) as Bundle;
}

/** What the checkout was built to. */
export function bundleOfToday(): Bundle {
  const dist = join(import.meta.dirname, '../../apps/agent/dist');
  const names = readdirSync(dist).filter((name) => /^agent.*\.cjs$/.test(name));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(dist, name), 'utf8')]));
}

/** Where the program of the agent is. */
export async function unpackBundle(bundle: Bundle, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(bundle)) await writeFile(join(folder, name), text);
  return join(folder, 'agent.cjs');
}

/**
 * The same program with a contract from before some fields were there: its descriptors are cut, so that it reads
 * and refuses what an agent of that time would. `lacking` is like `SiteSpec.maintenance`, in one proto file.
 */
export function withoutFields(bundle: Bundle, protoFile: string, lacking: readonly string[]): Bundle {
  let found = 0;
  const files = Object.entries(bundle).map(([name, text]) => {
    const cut = text.replaceAll(/[A-Za-z0-9+/=]{300,}/g, (encoded) => {
      const bytes = Buffer.from(encoded, 'base64');
      // Field 1 of a FileDescriptorProto is its name.
      if (bytes[0] !== 0x0a || bytes.subarray(2, 2 + bytes[1]!).toString() !== protoFile) return encoded;
      found += 1;
      const file = fromBinary(FileDescriptorProtoSchema, bytes);
      for (const path of lacking) cutField(file, path);
      return Buffer.from(toBinary(FileDescriptorProtoSchema, file)).toString('base64').replace(/=+$/, '');
    });
    return [name, cut] as const;
  });
  if (found !== 1) throw new Error(`${protoFile} was found ${found} times in the bundle`);
  return Object.fromEntries(files);
}

function cutField(file: FileDescriptorProto, path: string): void {
  const [messageName, fieldName] = path.split('.');
  const message = file.messageType.find(({ name }) => name === messageName);
  const index = message?.field.findIndex(({ name }) => name === fieldName) ?? -1;
  if (!message || index < 0) throw new Error(`there is no ${path} to leave out`);
  message.field.splice(index, 1);
}
