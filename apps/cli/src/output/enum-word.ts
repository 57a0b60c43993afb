/** The name of an enum's value in lower case, as people read it. */
export function enumWord(names: Record<number, string>, value: number | undefined): string {
  return (names[value ?? 0] ?? 'unknown').toLowerCase().replaceAll('_', ' ');
}
