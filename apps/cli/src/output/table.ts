import { stripVTControlCharacters } from 'node:util';

/** Columns padded to their widest cell, two spaces apart; the last column is not padded. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) =>
    Math.max(widthOf(head), ...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  return [heads, ...rows]
    .map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : pad(cell, widths[column]!))))
    .map((cells) => cells.join('  ').trimEnd())
    .join('\n');
}

/** Cells of a terminal: a wide or combined character counts as one, which is near enough here. */
function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}
