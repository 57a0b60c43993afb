const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes in binary units: "3.8 GiB". */
export function bytesText(bytes: bigint | number): string {
  let amount = Number(bytes);
  let unit = 0;
  while (amount >= 1024 && unit < BINARY.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || amount >= 100 ? 0 : 1;
  return `${amount.toFixed(digits).replace(/\.0$/, '')} ${BINARY[unit]}`;
}

/** "1 server", "3 servers". */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

const SIZES: Readonly<Record<string, bigint>> = {
  '': 1n,
  b: 1n,
  k: 1024n,
  m: 1024n ** 2n,
  g: 1024n ** 3n,
  t: 1024n ** 4n,
};

/** Reads "16 MiB", "1.5g" or "4096"; empty is 0, nonsense is undefined. Units are binary. */
export function parseBytes(text: string): bigint | undefined {
  const trimmed = text.trim().toLowerCase();
  if (trimmed === '') return 0n;
  const [, number = '', unit = ''] = /^(\d+(?:\.\d{1,3})?)\s*([kmgt]?)(?:i?b)?$/.exec(trimmed) ?? [];
  const size = SIZES[unit];
  if (number === '' || size === undefined) return undefined;
  return (BigInt(Math.round(Number(number) * 1000)) * size) / 1000n;
}
