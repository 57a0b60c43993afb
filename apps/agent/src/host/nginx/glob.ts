/** The file name patterns of nginx's `include` (glob(7)): `*` and `?` stop at slashes. */
export function globPattern(pattern: string): RegExp {
  const source = pattern.replaceAll(/\[[^\]]*\]|[^]/g, (piece) => {
    if (piece === '*') return '[^/]*';
    if (piece === '?') return '[^/]';
    if (/^\[.+\]$/.test(piece)) return piece.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return piece.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 'u');
}
