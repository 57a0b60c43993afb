import { AppError } from '@ostler/kernel';
import type { Argument, Directive, Part } from './tree';
import { isTable, readingsOf, type Reading } from './vocabulary';

/** What carries a dollar sign that came in as text; defined once per generation, see `assemble.ts`. */
export const DOLLAR_VARIABLE = 'ostler_dollar';

/** nginx reads its configuration through a buffer of 4096 bytes; one argument must fit with room to spare. */
export const LONGEST_ARGUMENT_BYTES = 3500;

const BARE = /^[A-Za-z0-9_./:@=*^~+[\]-]+$/;
const VARIABLE = /^[a-z][a-z0-9_]*$/;
// A lone half of a surrogate pair has no UTF-8 form: it would come out as another character.
const LONE_SURROGATE = /\p{Surrogate}/u;

export interface RenderOptions {
  /** Folder of the files that `ownFile` names. */
  readonly ownFolder?: string;
}

/** The one place where configuration becomes text. Throws AppError for what nginx cannot express. */
export function renderConfiguration(nodes: readonly Directive[], options: RenderOptions = {}): string {
  return nodes.map((node) => renderDirective(node, undefined, '', options)).join('');
}

function renderDirective(
  node: Directive,
  parent: string | undefined,
  indent: string,
  options: RenderOptions,
): string {
  const readings = readingsOf(node.name, parent);
  if (!readings) throw refuse(node.name, 'UNKNOWN_DIRECTIVE', 'is not in the vocabulary');
  const head = isTable(parent) ? quote(node.name, node.name) : node.name;
  const args = node.args.map((argument, index) =>
    renderArgument(argument, readings[Math.min(index, readings.length - 1)] ?? 'plain', node.name, options),
  );
  const line = `${indent}${[head, ...args].join(' ')}`;
  if (!node.children) return `${line};\n`;
  const children = node.children.map((child) => renderDirective(child, node.name, `${indent}  `, options));
  return `${line} {\n${children.join('')}${indent}}\n`;
}

function renderArgument(argument: Argument, reading: Reading, name: string, options: RenderOptions): string {
  const parts = typeof argument === 'string' ? [{ text: argument }] : argument;
  if (reading === 'name') return renderName(parts, name);
  if (parts.length === 1 && reading !== 'plain') {
    const only = parts[0]!;
    if ('variable' in only) return `$${checkVariable(only.variable, name)}`;
  }
  return quote(parts.map((part) => partText(part, reading, name, options)).join(''), name);
}

function partText(part: Part, reading: Reading, name: string, options: RenderOptions): string {
  if ('ownFile' in part) {
    if (options.ownFolder === undefined)
      throw refuse(name, 'NO_FOLDER', 'names a file of a site, but none is known');
    return literal(`${options.ownFolder}/${part.ownFile}`, 'fixed', name);
  }
  if ('text' in part) return literal(part.text, reading, name);
  if (reading === 'plain') throw refuse(name, 'NO_VARIABLES', 'does not take variables');
  return `\${${checkVariable(part.variable, name)}}`;
}

function literal(text: string, reading: Reading, name: string): string {
  if (text.includes('\0')) throw refuse(name, 'NUL', 'must not contain a NUL');
  if (LONE_SURROGATE.test(text)) throw refuse(name, 'NOT_UNICODE', 'is not valid Unicode');
  if (!text.includes('$') || reading === 'plain') return text;
  if (reading === 'script') return text.replaceAll('$', `\${${DOLLAR_VARIABLE}}`);
  throw refuse(name, 'DOLLAR', 'must not contain a dollar sign, nginx would read it as a variable');
}

/** A condition is written with its brackets: `if ($name)`. */
function renderName(parts: readonly Part[], name: string): string {
  const [only] = parts;
  if (parts.length !== 1 || !only || !('variable' in only))
    throw refuse(name, 'NOT_A_VARIABLE', 'takes one variable');
  const text = `$${checkVariable(only.variable, name)}`;
  return name === 'if' ? `(${text})` : text;
}

function checkVariable(variable: string, name: string): string {
  if (!VARIABLE.test(variable)) throw refuse(name, 'NOT_A_VARIABLE', 'names a variable that cannot exist');
  return variable;
}

/** One argument of nginx's lexer: inside double quotes only `"`, `\`, and the three below are special. */
function quote(text: string, name: string): string {
  const written = BARE.test(text)
    ? text
    : `"${text.replaceAll(/["\\\n\r\t]/g, (char) => ESCAPES[char] ?? char)}"`;
  if (Buffer.byteLength(written) > LONGEST_ARGUMENT_BYTES)
    throw refuse(name, 'TOO_LONG', `is longer than ${LONGEST_ARGUMENT_BYTES} bytes when written for nginx`);
  return written;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function refuse(name: string, reason: string, why: string): AppError {
  return AppError.invalid(`nginx directive ${JSON.stringify(name.slice(0, 64))}`, reason, `${why}.`);
}
