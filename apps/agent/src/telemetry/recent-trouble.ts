const MOST_LINES = 100;
const MOST_CHARACTERS = 1000;
const TROUBLE = /"level":"(?:warn|error)"/;

/** Keeps the last lines of the log that tell of trouble, for who asks what went wrong. */
export class RecentTrouble {
  private readonly kept: string[] = [];

  /** One line of the log, whatever its level. */
  take(line: string): void {
    if (!TROUBLE.test(line)) return;
    this.kept.push(line.trimEnd().slice(0, MOST_CHARACTERS));
    if (this.kept.length > MOST_LINES) this.kept.shift();
  }

  /** Oldest first. */
  lines(): readonly string[] {
    return this.kept;
  }
}
