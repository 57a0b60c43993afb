/**
 * An ELF program without what the kernel does not map: symbol and debug tables, a seventh of Node, which every server
 * would fetch, unpack and keep. What it exports stays, so crashes still name functions. Anything else than a 64-bit
 * little-endian ELF file is given back as it is. Layout: elf(5).
 */
export function withoutSymbols(program: Buffer): Buffer {
  if (!program.subarray(0, 6).equals(ELF_64_LITTLE)) return program;
  const tableAt = Number(program.readBigUInt64LE(0x20));
  const entryBytes = program.readUInt16LE(0x36);
  const entries = program.readUInt16LE(0x38);
  let end = tableAt + entries * entryBytes;
  for (let index = 0; index < entries; index++) {
    const at = tableAt + index * entryBytes;
    const [offset, bytes] = [program.readBigUInt64LE(at + 0x08), program.readBigUInt64LE(at + 0x20)];
    end = Math.max(end, Number(offset + bytes));
  }
  const kept = Buffer.from(program.subarray(0, end));
  // There are no sections any more: neither a table of them, nor entries, nor their names.
  kept.writeBigUInt64LE(0n, 0x28);
  kept.writeUInt32LE(0, 0x3c);
  return kept;
}

const ELF_64_LITTLE = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
