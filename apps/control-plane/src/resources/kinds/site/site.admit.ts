import type { Handler, SiteSpec } from '@ostler/contracts';

import type { AdmitContext } from '../../kind-engine.port';

/** A release that a site serves exists and is complete, or the agent would wait for it forever. */
export async function admitSite({ spec, problems, release }: AdmitContext<SiteSpec>): Promise<void> {
  const places: [string, Handler | undefined][] = [
    ['handler', spec.handler],
    ...spec.paths.map(({ handler }, index): [string, Handler | undefined] => [
      `paths[${index}].handler`,
      handler,
    ]),
  ];
  for (const [path, handler] of places) {
    if (handler?.answer.case !== 'staticFiles' || handler.answer.value.release === '') continue;
    const found = await release(handler.answer.value.release);
    if (found?.complete) continue;
    problems.add(
      `${path}.staticFiles.release`,
      found ? 'RELEASE_INCOMPLETE' : 'RELEASE_MISSING',
      `${found ? 'is not complete yet' : 'is not published'}; run \`ostler site publish\` first`,
    );
  }
}
