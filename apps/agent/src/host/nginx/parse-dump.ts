import { posix } from 'node:path';
import { globPattern } from './glob';
import type { ForeignConfiguration, ForeignListen, ForeignServer } from './port';
import { tokenize, type Token } from './tokenize';

const MARKER = /^# configuration file (.+):$/;

/** Files of `nginx -T` in the order in which nginx read them. */
export function splitDump(dump: string): Map<string, string> {
  const files = new Map<string, string>();
  let path: string | undefined;
  let lines: string[] = [];
  const end = (): void => {
    if (path !== undefined && !files.has(path)) files.set(path, lines.join('\n'));
    lines = [];
  };
  for (const line of dump.split('\n')) {
    const marker = MARKER.exec(line)?.[1];
    if (marker === undefined) lines.push(line);
    else {
      end();
      path = marker;
    }
  }
  end();
  return files;
}

interface Line {
  readonly words: readonly string[];
  readonly line: number;
  readonly children?: readonly Line[];
}

/** What a dump says of servers, and of what stands at the levels that ours shares. */
export function parseForeign(dump: string, ownPaths: readonly string[]): ForeignConfiguration {
  const files = splitDump(dump);
  const [mainFile] = files.keys();
  const found = {
    servers: [] as ForeignServer[],
    httpDirectives: new Set<string>(),
    mainDirectives: new Set<string>(),
  };
  if (mainFile === undefined) return { servers: [], httpDirectives: [], mainDirectives: [] };
  const isOwn = (path: string): boolean => ownPaths.some((own) => path === own || path.startsWith(`${own}/`));

  const visitFile = (path: string, level: 'main' | 'http', depth: number): void => {
    const text = files.get(path);
    if (text === undefined || isOwn(path) || depth > 16) return;
    visit(parseLines(tokenize(text)), path, level, depth);
  };
  const visit = (lines: readonly Line[], path: string, level: 'main' | 'http', depth: number): void => {
    for (const line of lines) {
      const [name = '', first = ''] = line.words;
      if (name === 'include') {
        const pattern = globPattern(posix.resolve(posix.dirname(mainFile), first));
        for (const included of [...files.keys()].filter((file) => pattern.test(file)))
          visitFile(included, level, depth + 1);
        continue;
      }
      (level === 'main' ? found.mainDirectives : found.httpDirectives).add(name);
      if (level === 'main' && name === 'http') visit(line.children ?? [], path, 'http', depth);
      if (level === 'http' && name === 'server') found.servers.push(toServer(line, path, files, mainFile));
    }
  };
  visitFile(mainFile, 'main', 0);
  return {
    servers: found.servers,
    httpDirectives: [...found.httpDirectives],
    mainDirectives: [...found.mainDirectives],
  };
}

/** Value of a directive at the main level of a dump, like `error_log`. */
export function mainDirective(dump: string, name: string): readonly string[] | undefined {
  const [text = ''] = splitDump(dump).values();
  return parseLines(tokenize(text))
    .find((line) => line.words[0] === name)
    ?.words.slice(1);
}

function parseLines(tokens: Iterator<Token>): Line[] {
  const lines: Line[] = [];
  let words: string[] = [];
  let at = 0;
  for (let next = tokens.next(); !next.done; next = tokens.next()) {
    const token = next.value;
    if (!token.isPunctuation) {
      if (words.length === 0) at = token.line;
      words.push(token.text);
    } else if (token.text === '}') return lines;
    else {
      const children = token.text === '{' ? parseLines(tokens) : undefined;
      lines.push({ words, line: at, children });
      words = [];
    }
  }
  return lines;
}

function toServer(
  block: Line,
  file: string,
  files: ReadonlyMap<string, string>,
  mainFile: string,
): ForeignServer {
  const lines = expand(block.children ?? [], files, mainFile, 0);
  const listens = lines.filter((line) => line.words[0] === 'listen').flatMap((line) => toListen(line.words));
  const isSilent = !lines.some((line) => line.words[0] === 'listen');
  return {
    file,
    line: block.line,
    names: lines.filter((line) => line.words[0] === 'server_name').flatMap((line) => line.words.slice(1)),
    listens: isSilent ? [{ address: '*', port: 80, tls: false, isDefault: false }] : listens,
  };
}

/** Snippets inside a server block count too. */
function expand(
  lines: readonly Line[],
  files: ReadonlyMap<string, string>,
  mainFile: string,
  depth: number,
): readonly Line[] {
  return lines.flatMap((line) => {
    if (line.words[0] !== 'include' || depth > 16) return [line];
    const pattern = globPattern(posix.resolve(posix.dirname(mainFile), line.words[1] ?? ''));
    return [...files]
      .filter(([path]) => pattern.test(path))
      .flatMap(([, text]) => expand(parseLines(tokenize(text)), files, mainFile, depth + 1));
  });
}

function toListen(words: readonly string[]): ForeignListen[] {
  const [, where = '', ...options] = words;
  if (where.startsWith('unix:')) return [];
  const colon = where.lastIndexOf(':');
  const hasPort = colon > where.lastIndexOf(']');
  const isPort = /^[0-9]+$/.test(where);
  const port = isPort ? where : hasPort ? where.slice(colon + 1) : '80';
  return [
    {
      address: isPort ? '*' : hasPort ? where.slice(0, colon) : where,
      port: Number(port),
      tls: options.includes('ssl'),
      isDefault: options.includes('default_server') || options.includes('default'),
    },
  ];
}
