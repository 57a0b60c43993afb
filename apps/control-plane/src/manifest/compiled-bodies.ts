import { type CompiledBody, compileBody, type PlacedSpec } from './server-manifest.compile';

const MOST_REMEMBERED = 10_000;

/**
 * Remembers what specs were compiled to, so that a change of one site does not compile the other 499 again. A
 * generation never changes its spec, so nothing in here goes stale; the oldest give way.
 */
export class CompiledBodies {
  private readonly known = new Map<string, CompiledBody>();

  readonly of = (placed: PlacedSpec): CompiledBody => {
    const key = `${placed.uid} ${placed.generation}`;
    const known = this.known.get(key) ?? compileBody(placed);
    // Put at the end again: what is used stays.
    this.known.delete(key);
    this.known.set(key, known);
    if (this.known.size > MOST_REMEMBERED) this.known.delete(this.known.keys().next().value!);
    return known;
  };
}
