import type { CommandContext } from '../command-context';
import { Columns } from './table';

/**
 * A table that goes on: the rows of the first list under their heads, then a line for each row that changed. What
 * changes without changing its row is not told.
 */
export class LiveRows {
  private readonly last = new Map<string, string>();
  private readonly first: (readonly string[])[] = [];
  private columns: Columns | undefined;

  constructor(
    private readonly context: CommandContext,
    private readonly heads: readonly string[],
    /** Of a row, what makes it another one: ages change all the time. */
    private readonly identityOf: (row: readonly string[]) => readonly string[] = (row) => row,
  ) {}

  set(key: string, row: readonly string[]): void {
    const identity = this.identityOf(row).join('\n');
    if (this.last.get(key) === identity) return;
    this.last.set(key, identity);
    if (this.columns) this.context.print(this.columns.line(row));
    else this.first.push(row);
  }

  remove(key: string, row: readonly string[]): void {
    if (!this.last.delete(key) || !this.columns) return;
    this.context.print(this.columns.line(row));
  }

  /** The first list is complete. */
  begin(): void {
    if (this.columns) return;
    const columns = new Columns(this.heads, this.first);
    this.columns = columns;
    for (const row of [this.heads, ...this.first]) this.context.print(columns.line(row));
  }
}
