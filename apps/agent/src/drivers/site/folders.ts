import type { Handler, SiteSpec } from '@ostler/contracts';
import type { Files } from '../../host/fs';
import { canonicalSocket, isBelow } from './check/paths';
import { Violations } from './check/violations';
import type { SitePolicy } from './policy';

const MOST_LINKS = 8;

interface Named {
  readonly field: string;
  readonly path: string;
}

/**
 * Looks at every folder that the spec names: links on the way must belong to root or to the owner of what they
 * lead to, and must end inside what the policy allows. Throws AppError with the fields. nginx checks the owners of
 * links again at each request.
 */
export async function checkFolders(spec: SiteSpec, policy: SitePolicy, files: Files): Promise<void> {
  const violations = new Violations();
  for (const { field, path } of foldersOf(spec)) {
    const problem = await folderProblem(path, policy, files);
    if (problem !== undefined) violations.add(field, 'PATH_REFUSED', problem);
  }
  violations.throwIfAny();
}

/** Sockets that do not exist now; requests to them get 502 until they do. */
export async function missingSockets(spec: SiteSpec, files: Files): Promise<string[]> {
  const sockets = handlersOf(spec).flatMap(({ handler }) =>
    handler?.answer.case === 'fastcgi' ? [canonicalSocket(handler.answer.value.socket)] : [],
  );
  const missing: string[] = [];
  for (const socket of new Set(sockets))
    if ((await files.state(socket))?.kind !== 'other') missing.push(socket);
  return missing;
}

async function folderProblem(
  path: string,
  policy: SitePolicy,
  files: Files,
  followed = 0,
): Promise<string | undefined> {
  const parts = path
    .slice(1)
    .split('/')
    .filter((part) => part !== '');
  for (let at = 1; at <= parts.length; at += 1) {
    const here = `/${parts.slice(0, at).join('/')}`;
    const state = await files.state(here);
    if (!state) return `${here} does not exist on this server.`;
    if (state.kind === 'folder') continue;
    if (state.kind !== 'link') return `${here} is not a folder.`;
    if (followed >= MOST_LINKS) return `${path} leads through too many links.`;
    const target = (await files.readLink(here)) ?? '';
    const absolute = resolveLink(here, target);
    const owner = (await files.state(absolute))?.uid;
    if (state.uid !== 0 && state.uid !== owner)
      return `${here} is a link that belongs to user ${state.uid}, not to the owner of what it leads to.`;
    const rest = parts.slice(at);
    const next = [absolute === '/' ? '' : absolute, ...rest].join('/') || '/';
    if (!policy.roots.some((root) => isBelow(next, root)))
      return `${here} is a link that leads out of the folders that the local policy allows.`;
    return folderProblem(next, policy, files, followed + 1);
  }
  return undefined;
}

function resolveLink(link: string, target: string): string {
  const base = target.startsWith('/') ? [] : link.split('/').slice(1, -1);
  const parts = [...base];
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function foldersOf(spec: SiteSpec): Named[] {
  return handlersOf(spec).flatMap(({ field, handler }) => {
    const answer = handler?.answer;
    if (answer?.case === 'fastcgi') return [{ field: `${field}.fastcgi.root`, path: answer.value.root }];
    if (answer?.case !== 'staticFiles' || answer.value.root === '') return [];
    return [{ field: `${field}.staticFiles.root`, path: answer.value.root }];
  });
}

export function handlersOf(
  spec: SiteSpec,
): { readonly field: string; readonly handler: Handler | undefined }[] {
  return [
    { field: 'handler', handler: spec.handler },
    ...spec.paths.map((rule, index) => ({ field: `paths[${index}].handler`, handler: rule.handler })),
  ];
}
