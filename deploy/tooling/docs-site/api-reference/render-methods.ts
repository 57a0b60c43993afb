import type { ApiDocument, ApiMethod, ApiSchema, Content } from './api-document.ts';
import { nameOfRef } from './api-document.ts';
import { fieldsTable, linkToType } from './render-types.ts';
import { code, escapeHtml, prose } from './text.ts';

export interface Method {
  readonly path: string;
  /** `Apply` */
  readonly name: string;
  readonly anchor: string;
  readonly json: ApiMethod;
}

export function methodsOf({ paths }: ApiDocument, service: string): Method[] {
  return Object.entries(paths)
    .filter(([, { post }]) => post.tags[0] === service)
    .map(([path, { post }]) => ({
      path,
      name: path.split('/').at(-1) ?? '',
      anchor: post.operationId.toLowerCase().replaceAll('_', '-'),
      json: post,
    }));
}

/** Folded until somebody wants it: what it does, takes and gives, and a place to try it. */
export function renderMethod(document: ApiDocument, method: Method): string {
  const { json, path, anchor, name } = method;
  const request = contentOf(json.requestBody.content);
  const answer = contentOf(json.responses[200].content);
  const schema = document.components.schemas[nameOfRef(request.ref)] ?? {};
  const marks = [json['x-mutation'] ? 'changes something' : '', request.isStream ? 'stream' : ''];
  const shown = marks.filter((mark) => mark !== '').map((mark) => `<span class="api-mark">${mark}</span>`);
  return `<details class="api-method" id="${anchor}">
<summary><h3>${escapeHtml(name)}</h3> <span class="quiet">${escapeHtml(firstSentence(json))}</span> ${shown.join(' ')}</summary>
<p class="api-path"><span class="api-verb">POST</span> ${code(path)}</p>
${prose(json.description)}
<h4>Takes</h4>
${fieldsTable(schema)}
<h4>Gives</h4>
<p>${request.isStream ? 'A stream of ' : ''}${linkToType(answer.ref)}</p>
${request.isStream ? '' : tryForm(method, request.example, schema)}
</details>`;
}

function contentOf(content: Content) {
  const [[type, { schema, example }]] = Object.entries(content) as [[string, Content[string]]];
  return { isStream: type.startsWith('application/connect'), ref: schema.$ref, example: example ?? {} };
}

/** Works with the script of this site alone; without it the form is not shown. */
function tryForm({ path, anchor }: Method, example: object, schema: ApiSchema): string {
  const text = JSON.stringify(example, undefined, 2);
  const rows = Math.min(20, text.split('\n').length + 1);
  const asksForId = 'requestId' in (schema.properties ?? {});
  return `<form class="api-try" hidden data-path="${escapeHtml(path)}"${asksForId ? ' data-request-id' : ''}>
<label for="${anchor}-body">Try it: the request</label>
<textarea id="${anchor}-body" rows="${rows}" spellcheck="false" autocomplete="off">${escapeHtml(text)}</textarea>
<p><button type="submit">Send</button> <span role="status"></span></p>
<div class="api-answer" hidden></div>
</form>`;
}

function firstSentence({ description }: ApiMethod): string {
  const [first = ''] = description.split('\n');
  if (first.startsWith('Needs ')) return '';
  return (/^.*?[.:](?=\s|$)/.exec(first)?.[0] ?? first).replace(/:$/, '.');
}
