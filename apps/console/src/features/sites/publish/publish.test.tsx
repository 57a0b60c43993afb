// @vitest-environment happy-dom
import { Kind, Role } from '@ostler/contracts';
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { fullScene } from '../../../../mock/scenes';
import type { World } from '../../../../mock/world';
import { renderPage } from '../../../testing/render-page.fixture';

vi.setConfig({ testTimeout: 20_000 });
afterEach(() => {
  cleanup();
  sessionStorage.clear();
});

const slow = { timeout: 15_000 };
const scene = (): World => fullScene({ stepMs: 5, joinAfterSteps: 0 });
type Tree = { readonly [name: string]: string | Tree };

/** What a browser gives for a dropped folder: entries that tell their names a few at a time. */
function entryOf(name: string, content: string | Tree): FileSystemEntry {
  if (typeof content === 'string') {
    const file = new File([content], name);
    return { isFile: true, name, file: (take: (file: File) => void) => take(file) } as never;
  }
  const createReader = () => {
    const left = Object.entries(content).map((one) => entryOf(...one));
    return { readEntries: (take: (some: FileSystemEntry[]) => void) => take(left.splice(0, 2)) };
  };
  return { isDirectory: true, name, createReader } as never;
}

async function drop(name: string, tree: Tree): Promise<void> {
  const zone = await screen.findByRole('group', { name: 'Publish a folder' }, slow);
  const items = [{ webkitGetAsEntry: () => entryOf(name, tree) }];
  fireEvent.drop(zone, { dataTransfer: { items } });
}

async function openDialog(world: World, site: string): Promise<void> {
  renderPage(world, `/sites/${site}`);
  fireEvent.click(await screen.findByRole('button', { name: 'Publish' }, slow));
}

test('a dropped folder is published, and the site is set to it', async () => {
  const world = scene();
  await openDialog(world, 'docs');
  await drop('public', {
    'index.html': '<h1>new</h1>',
    'empty.txt': '',
    assets: { 'app.js': 'x'.repeat(3_000_000), 'same.js': '<h1>new</h1>', 'π.css': 'b' },
  });
  await screen.findByText(/Published 5 files, 2.9 MiB; 2.9 MiB were new/, undefined, slow);
  const [digest = ''] = world.published.keys();
  fireEvent.click(screen.getByRole('button', { name: 'Serve it on 1 server' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull(), slow);
  await screen.findByText('served by 1 of 1 server', undefined, slow);
  const { spec, meta } = world.resourceByName(Kind.SITE, 'docs')!;
  expect(meta?.generation).toBe(2n);
  expect(spec.value).toMatchObject({
    handler: { answer: { value: { release: digest, root: '', index: ['index.html'] } } },
  });
});

test('what is there already is not sent again', async () => {
  const world = scene();
  await openDialog(world, 'docs');
  await drop('public', { 'index.html': 'one' });
  await screen.findByText(/Published 1 file/, undefined, slow);
  await drop('public', { 'index.html': 'one', 'copy.html': 'one' });
  await screen.findByText(/Published 2 files, 6 B; all of it was there already/, undefined, slow);
});

test('each hostile name is refused with its name and its reason, and nothing is published', async () => {
  const world = scene();
  await openDialog(world, 'docs');
  await drop('public', {
    'good.html': 'x',
    'invoice\u202efdp.exe': 'x',
    'two\nlines': 'x',
    'back\\slash': 'x',
    '..': { passwd: 'x' },
    deep: { ['long'.repeat(70)]: 'x' },
  });
  const alert = within(await screen.findByRole('alert', undefined, slow));
  expect(alert.getByText(/5 names of 6 files cannot be served safely/)).toBeDefined();
  expect(alert.getByText('invoice\\u{202e}fdp.exe').closest('li')?.textContent).toMatch(/invisible/);
  expect(alert.getByText('two\\u{a}lines').closest('li')?.textContent).toMatch(/control characters/);
  expect(alert.getByText('back\\slash').closest('li')?.textContent).toMatch(/backslashes/);
  expect(alert.getByText('../passwd').closest('li')?.textContent).toMatch(/may not contain `.`/);
  expect(alert.getByText(/^deep.long/).closest('li')?.textContent).toMatch(/255 bytes/);
  expect(world.published.size).toBe(0);
  expect(screen.getByRole('button', { name: /^Serve it/ }).getAttribute('aria-disabled')).toBe('true');
});

test('an empty folder says so', async () => {
  await openDialog(scene(), 'docs');
  await drop('public', { empty: {} });
  await screen.findByText(/holds no file/, undefined, slow);
});

test('a form that answers with a release takes one from a dropped folder', async () => {
  const world = scene();
  renderPage(world, '/sites/docs/edit');
  await drop('dist', { 'index.html': 'from the form' });
  const field = await screen.findByLabelText<HTMLInputElement>('Release', undefined, slow);
  await waitFor(() => expect(field.value).toBe([...world.published.keys()][0]), slow);
});

test('a site that answers with something else, and a viewer, are told why nothing can be published', async () => {
  renderPage(scene(), '/sites/shop');
  const button = await screen.findByRole('button', { name: 'Publish' }, slow);
  expect(button.getAttribute('aria-disabled')).toBe('true');
  cleanup();
  renderPage(scene(), '/sites/docs', Role.VIEWER);
  const viewers = await screen.findByRole('button', { name: 'Publish' }, slow);
  expect(viewers.getAttribute('aria-disabled')).toBe('true');
});
