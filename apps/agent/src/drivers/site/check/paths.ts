/** Why this is no absolute, normalised path, or undefined. */
export function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'is not absolute: begin it with a slash';
  if (hasControl(path)) return 'contains a control character';
  const parts = path.slice(1).split('/');
  if (parts.some((part) => part === '..' || part === '.')) return 'contains "." or ".." as a part';
  if (path !== '/' && parts.slice(0, -1).includes('')) return 'contains an empty part';
  if (parts.some((part) => Buffer.byteLength(part) > 255)) return 'has a part longer than 255 bytes';
  return undefined;
}

export function hasControl(text: string): boolean {
  // Cc: controls; Cs: half a pair; Cf: marks that turn the text around, or that nobody sees.
  return /[\p{Cc}\p{Cs}\p{Cf}\u2028\u2029]/u.test(text);
}

export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** /var/run is a link to /run on every Linux of today: one spelling, so that no list has two. */
export function canonicalSocket(path: string): string {
  return path.startsWith('/var/run/') ? path.slice('/var'.length) : path;
}
