import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import go from 'highlight.js/lib/languages/go';
import http from 'highlight.js/lib/languages/http';
import ini from 'highlight.js/lib/languages/ini';
import json from 'highlight.js/lib/languages/json';
import nginx from 'highlight.js/lib/languages/nginx';
import protobuf from 'highlight.js/lib/languages/protobuf';
import python from 'highlight.js/lib/languages/python';
import shell from 'highlight.js/lib/languages/shell';
import typescript from 'highlight.js/lib/languages/typescript';
import yaml from 'highlight.js/lib/languages/yaml';
import type { MarkdownIt } from 'markdown-it';

const languages = { bash, go, http, ini, json, nginx, protobuf, python, shell, typescript, yaml };
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);

const aliases: Readonly<Record<string, string>> = {
  sh: 'bash',
  console: 'shell',
  ts: 'typescript',
  py: 'python',
};

/** What the line that opens a block says: \`\`\`sh not-run="needs a public name". */
export interface BlockInfo {
  readonly language: string;
  /** Name under which the block is written before the commands of the page run. */
  readonly file?: string;
  /** Why no test runs the commands. */
  readonly notRun?: string;
}

export function readBlockInfo(info: string): BlockInfo {
  const language = /^[\w+-]*/.exec(info.trim())?.[0] ?? '';
  const file = /\sfile=([\w./-]+)/.exec(info)?.[1];
  const notRun = /\snot-run="([^"]+)"/.exec(info)?.[1];
  return { language, ...(file !== undefined && { file }), ...(notRun !== undefined && { notRun }) };
}

/** Coloured where the language is known; scrolled by keyboard too. The name of a file stands above it. */
export function colourCode(md: MarkdownIt): void {
  md.renderer.rules['fence'] = (tokens, index) => {
    const token = tokens[index]!;
    const { language, file } = readBlockInfo(token.info);
    const known = aliases[language] ?? language;
    const code = hljs.getLanguage(known)
      ? hljs.highlight(token.content, { language: known }).value
      : md.utils.escapeHtml(token.content);
    const caption = file === undefined ? '' : `<figcaption>${md.utils.escapeHtml(file)}</figcaption>`;
    const name = language === 'text' ? 'Output' : (file ?? 'Code');
    const label = md.utils.escapeHtml(name);
    return `<figure class="code ${language || 'plain'}">${caption}<pre tabindex="0" role="region" aria-label="${label}"><code>${code}</code></pre></figure>\n`;
  };
}
