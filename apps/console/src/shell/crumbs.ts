import { sections } from './sections';

export interface Crumb {
  readonly label: string;
  readonly to: string;
}

/** The way to a page, from its address. */
export function crumbsOf(pathname: string): readonly Crumb[] {
  const [first = '', second, third] = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  if (first === 'new')
    return [
      { label: second === 'site' ? 'Sites' : 'Certificates', to: `/${second}s` },
      { label: 'New', to: pathname },
    ];
  if (first === 'start') return [{ label: 'Your first site', to: '/start' }];
  if (first === 'approve') return [{ label: 'Let a program in', to: '/approve' }];
  if (first === 'agents') {
    const versions = [
      { label: 'Servers', to: '/servers' },
      { label: 'Agent versions', to: '/agents' },
    ];
    return second ? [...versions, { label: second.slice(-8), to: pathname }] : versions;
  }
  const section = sections.find(({ to }) => to === `/${first}`);
  const crumbs: Crumb[] = [{ label: section?.label ?? 'Not found', to: `/${first}` }];
  if (second)
    crumbs.push({ label: first === 'operations' ? second.slice(-8) : second, to: `/${first}/${second}` });
  if (third) crumbs.push({ label: 'Edit', to: pathname });
  return crumbs;
}
