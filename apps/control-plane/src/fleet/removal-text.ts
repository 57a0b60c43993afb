import type { RemovalCounts } from './removal.repository';

/** What the removal of a server means, in words. */
export function removalText(server: string, counts: RemovalCounts): string {
  const { placedOnlyThere, placedElsewhereToo, runningOperations } = counts;
  const placed = placedOnlyThere + placedElsewhereToo;
  const parts = [`The agent of ${server} is not let in any more.`];
  if (placed === 0) parts.push('Nothing is placed on it.');
  else {
    parts.push(
      `${resources(placed)} placed on it: ${placed === 1 ? 'it goes' : 'they go'} on running there, and nothing manages ${placed === 1 ? 'it' : 'them'} any more.`,
    );
  }
  if (placedOnlyThere > 0) {
    parts.push(
      `${placedOnlyThere === placed ? 'No other server serves' : `${placedOnlyThere} of them run nowhere else: no other server serves`} ${placedOnlyThere === 1 ? 'it' : 'them'}.`,
    );
  }
  if (runningOperations > 0) {
    parts.push(
      `${runningOperations === 1 ? 'One operation has' : `${runningOperations} operations have`} not ended; what becomes of ${runningOperations === 1 ? 'it' : 'them'} will not be known.`,
    );
  }
  return parts.join(' ');
}

function resources(count: number): string {
  return count === 1 ? 'One resource is' : `${count} resources are`;
}
