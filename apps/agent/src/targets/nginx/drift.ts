import { create } from '@bufbuild/protobuf';
import { FileChange_Action, FileChangeSchema, type FileChange } from '@ostler/contracts';
import { unifiedDiff } from '@ostler/kernel';
import type { Files } from '../../host/fs/port';
import type { Contribution } from './contribution';
import { filesOf, type GenerationStore, type RenderedFile } from './generation-store';
import type { Layout } from './layout';

const MOST_BYTES = 1024 * 1024;

/** Files of a live site that are not as they were written: somebody edited them by hand. */
export async function observeDrift(
  contribution: Contribution,
  folder: string,
  files: Files,
): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  for (const file of filesOf(contribution, folder)) {
    const path = `${folder}/${file.name}`;
    const content = await files
      .read(path, MOST_BYTES)
      .catch(() => Buffer.from('(larger than what is read)\n'));
    const text = content && Buffer.from(content).toString();
    if (text === file.content) continue;
    const action = text === undefined ? FileChange_Action.REMOVE : FileChange_Action.CHANGE;
    changes.push(
      create(FileChangeSchema, { path, action, diff: diffOf(file, path, file.content, text ?? '') }),
    );
  }
  return changes;
}

/** Puts every file of a site back; the caller has nginx load it. */
export async function undoDrift(
  contribution: Contribution,
  folder: string,
  store: GenerationStore,
): Promise<void> {
  for (const file of filesOf(contribution, folder)) await store.restoreFile(folder, file);
}

/** What a change would do to the files of a site, shown under one path so that the diff has only what matters. */
export function plannedFiles(
  before: Contribution | undefined,
  after: Contribution | undefined,
  layout: Layout,
): FileChange[] {
  const uid = after?.uid ?? before?.uid ?? '';
  const shown = `${layout.sites}/${uid}`;
  const old = new Map((before ? filesOf(before, shown) : []).map((file) => [file.name, file]));
  const next = new Map((after ? filesOf(after, shown) : []).map((file) => [file.name, file]));
  const names = [...new Set([...old.keys(), ...next.keys()])].sort();
  return names.flatMap((name) => {
    const [from, to] = [old.get(name), next.get(name)];
    if (from?.content === to?.content) return [];
    const action = !from ? FileChange_Action.ADD : !to ? FileChange_Action.REMOVE : FileChange_Action.CHANGE;
    const path = `${shown}/${name}`;
    const diff = diffOf(to ?? from!, path, from?.content ?? '', to?.content ?? '');
    return [create(FileChangeSchema, { path, action, diff })];
  });
}

function diffOf(file: RenderedFile, path: string, before: string, after: string): string {
  if (!file.secret) return unifiedDiff(path, before, after);
  const masked = (text: string): string => text.replaceAll(/^([^:\n]*):.*$/gm, '$1:(hidden)');
  return (
    unifiedDiff(path, masked(before), masked(after)) || `--- ${path}\n+++ ${path}\n(a password changed)\n`
  );
}
