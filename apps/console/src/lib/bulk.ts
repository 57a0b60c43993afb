import { explainError } from '@ostler/sdk';
import { countText } from './amounts';

/** What came of doing the same to many. */
export interface BulkResult<Item> {
  readonly done: number;
  readonly failures: readonly { readonly item: Item; readonly message: string }[];
}

const AT_ONCE = 4;

/** Does the same to each, a few at a time: one that fails stops no other. */
export async function runForEach<Item>(
  items: readonly Item[],
  run: (item: Item) => Promise<unknown>,
): Promise<BulkResult<Item>> {
  const failures: { item: Item; message: string }[] = [];
  const queue = items.values();
  const work = async (): Promise<void> => {
    for (const item of queue) {
      try {
        await run(item);
      } catch (error) {
        failures.push({ item, message: explainError(error).message });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work));
  return { done: items.length - failures.length, failures };
}

/** "Started on 12 servers. 2 refused: web-1: It is held; web-2: ..." */
export function bulkText<Item>(
  verb: string,
  noun: string,
  { done, failures }: BulkResult<Item>,
  nameOf: (item: Item) => string,
): string {
  const told = failures.slice(0, 3).map(({ item, message }) => `${nameOf(item)}: ${message}`);
  const more = failures.length > 3 ? ` And ${failures.length - 3} more.` : '';
  const refused = failures.length > 0 ? ` ${failures.length} refused. ${told.join(' ')}${more}` : '';
  return `${verb} ${countText(done, noun)}.${refused}`;
}
