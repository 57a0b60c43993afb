const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Why this is no domain in A-label form (RFC 5890, RFC 1035 section 2.3.4), or undefined. */
export function domainProblem(domain: string): string | undefined {
  if (domain.length > 253) return 'is longer than 253 characters';
  const name = domain.startsWith('*.') ? domain.slice(2) : domain;
  if (name === '') return 'is empty';
  const labels = name.split('.');
  if (!labels.every((label) => LABEL.test(label)))
    return 'has a part that is not 1 to 63 lower-case letters, digits and inner hyphens (use the A-label form)';
  if (domain.startsWith('*.') && labels.length < 2) return 'is a wildcard for a whole top-level domain';
  return undefined;
}
