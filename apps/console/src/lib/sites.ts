import type { Handler, Placement, Resource, SiteSpec, SiteStatus } from '@ostler/contracts';
import { formatLabels } from './labels';

export type HandlerCase = NonNullable<Handler['answer']['case']>;

const handlers: Readonly<Record<HandlerCase, string>> = {
  staticFiles: 'Static files',
  proxy: 'Reverse proxy',
  fastcgi: 'FastCGI (PHP)',
  redirect: 'Redirect',
  fixedResponse: 'Fixed response',
};

export const handlerOptions = (Object.keys(handlers) as HandlerCase[]).map((value) => ({
  value,
  label: handlers[value],
}));

export function handlerWord(handler: Handler | undefined): string {
  return handler?.answer.case ? handlers[handler.answer.case] : 'nothing';
}

export function siteSpecOf({ spec }: Resource): SiteSpec | undefined {
  return spec.case === 'site' ? spec.value : undefined;
}

/** Where a site runs, in words. */
export function placementText(placement: Placement | undefined): string {
  if (placement?.server) return `On ${placement.server}`;
  const labels = formatLabels(placement?.selector ?? {});
  return labels === '' ? 'Nowhere' : `On servers with ${labels}`;
}

/** What each server says of a site. */
export function siteStatuses({ status }: Resource): readonly SiteStatus[] {
  return (status?.placementStatuses ?? []).flatMap(({ detail }) =>
    detail.case === 'site' ? [detail.value] : [],
  );
}

/** The addresses at which a site answers now. */
export function siteUrls(resource: Resource): readonly string[] {
  return [...new Set(siteStatuses(resource).flatMap(({ urls }) => urls))];
}
