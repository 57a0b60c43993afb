import { stripVTControlCharacters } from 'node:util';

/** Columns padded to their widest cell, two spaces apart; the last column is not padded. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = new Columns(heads, rows);
  return [heads, ...rows].map((row) => columns.line(row)).join('\n');
}

/** Lines that fit under each other, for tables that grow while they are shown. */
export class Columns {
  private readonly widths: number[];

  constructor(heads: readonly string[], rows: readonly (readonly string[])[]) {
    this.widths = heads.map((head, column) =>
      rows.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? '')), widthOf(head)),
    );
  }

  /** A cell that is wider than its column makes the column wider from here on. */
  line(row: readonly string[]): string {
    const cells = row.map((cell, column) => {
      const width = Math.max(this.widths[column] ?? 0, widthOf(cell));
      this.widths[column] = width;
      return column === row.length - 1 ? cell : cell + ' '.repeat(width - widthOf(cell));
    });
    return cells.join('  ').trimEnd();
  }
}

/** Cells of a terminal: a wide or combined character counts as one, which is near enough here. */
function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}
