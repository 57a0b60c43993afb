import type { ApiSchema } from './api-document.ts';
import { nameOfRef } from './api-document.ts';
import { code, escapeHtml, prose } from './text.ts';

/** `ostler.site.v1.SiteSpec` is read as `SiteSpec`; the package tells two of a name apart. */
export function renderType(name: string, schema: ApiSchema): string {
  const body = schema.enum ? '' : fieldsTable(schema);
  return `<details class="api-type" id="${typeAnchor(name)}">
<summary><code>${escapeHtml(shortName(name))}</code> <span class="quiet">${escapeHtml(packageOf(name))}</span></summary>
${prose(schema.description ?? '')}${body}
</details>`;
}

export const typeAnchor = (name: string): string => `type-${name.toLowerCase().replaceAll('.', '-')}`;

/** `AuditEntry.Outcome` */
export const shortName = (name: string): string => name.slice(name.search(/[A-Z]/));

const packageOf = (name: string): string => name.slice(0, name.search(/\.[A-Z]/));

/** Every field with its type, what is asked of it and what it means. */
export function fieldsTable(schema: ApiSchema): string {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return '<p>No fields.</p>';
  const required = new Set(schema.required);
  const rows = fields.map(([name, field]) => {
    const marks = [
      required.has(name) && 'required',
      field.readOnly === true && 'set by Ostler',
      field.writeOnly === true && 'never read back',
    ].filter((mark) => mark !== false);
    const mark = marks.length > 0 ? ` <span class="api-mark">${marks.join(', ')}</span>` : '';
    const meaning = prose(field.description ?? '') + limits(field);
    return `<tr><th scope="row">${code(name)}${mark}</th><td>${typeText(field)}</td><td>${meaning}</td></tr>`;
  });
  const head = '<tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Meaning</th></tr>';
  return `<div class="table" role="region" aria-label="Fields" tabindex="0"><table><thead>${head}</thead>
<tbody>${rows.join('\n')}</tbody></table></div>${choices(schema)}`;
}

/** Which fields exclude one another. */
function choices({ allOf = [] }: ApiSchema): string {
  return allOf
    .map(({ oneOf = [] }) => {
      const names = oneOf.flatMap(({ required = [] }) => required).map(code);
      const howMany = oneOf.some(({ not }) => not !== undefined) ? 'At most one' : 'Exactly one';
      return names.length > 1 ? `<p>${howMany} of ${names.join(', ')}.</p>` : '';
    })
    .join('');
}

export function linkToType(ref: string): string {
  const name = nameOfRef(ref);
  return `<a href="#${typeAnchor(name)}"><code>${escapeHtml(shortName(name))}</code></a>`;
}

function typeText(schema: ApiSchema): string {
  if (schema.$ref !== undefined) return linkToType(schema.$ref);
  if (schema.items) return `list of ${typeText(schema.items)}`;
  if (typeof schema.additionalProperties === 'object') {
    return `map of text to ${typeText(schema.additionalProperties)}`;
  }
  if (schema.format === 'uuid') return 'UUID';
  if (schema.format === 'date-time') return 'time (RFC 3339)';
  if (schema.format === 'email') return 'e-mail address';
  if (schema.contentEncoding === 'base64') return 'bytes in base64';
  if (Array.isArray(schema.type)) return 'whole number, as text';
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    boolean: 'true or false',
    integer: 'whole number',
  };
  return words[String(schema.type)] ?? String(schema.type);
}

const largestUint32 = 4_294_967_295;

/** What a value must keep, in words. */
function limits(schema: ApiSchema): string {
  const said = [
    range(schema.minLength, schema.maxLength, 'characters'),
    range(schema.minItems, schema.maxItems, 'items'),
    range(schema.minProperties, schema.maxProperties, 'entries'),
    schema.maximum === largestUint32 ? '' : range(schema.minimum, schema.maximum, ''),
    schema.uniqueItems === true ? 'no item twice' : '',
    typeof schema.type === 'string' && schema.pattern !== undefined ? `pattern ${code(schema.pattern)}` : '',
  ].filter((text) => text !== '');
  return said.length === 0 ? '' : `<p class="api-limits">${said.join(' · ')}</p>`;
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  const from = least === undefined || least === 0 ? undefined : least;
  if (from === undefined && most === undefined) return '';
  if (most === undefined) return `at least ${from} ${unit}`.trim();
  if (from === undefined) return `at most ${most} ${unit}`.trim();
  return `${from} to ${most} ${unit}`.trim();
}
