/** Bytes as people compare them: 32 to a line. */
export function hexDump(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.match(/.{1,64}/g)?.join('\n') ?? ''}\n`;
}

export function fromHexDump(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll('\n', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
