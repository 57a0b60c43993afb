import { Kind, type Resource } from '@ostler/contracts';
import type { LinkProps } from '@tanstack/react-router';

const words: Readonly<Record<Kind, string>> = {
  [Kind.UNSPECIFIED]: 'Resource',
  [Kind.SITE]: 'Site',
  [Kind.CERTIFICATE]: 'Certificate',
};

/** The kind as people read it. */
export function kindWord(kind: Kind | undefined): string {
  return words[kind ?? Kind.UNSPECIFIED];
}

/** Where a resource is shown. */
export function resourceLink(kind: Kind | undefined, name: string): LinkProps {
  const to = kind === Kind.CERTIFICATE ? '/certificates/$name' : '/sites/$name';
  return { to, params: { name } } as LinkProps;
}

export function nameOf(resource: Resource): string {
  return resource.meta?.name ?? '';
}
