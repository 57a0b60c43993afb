import type { Heading } from '../headings.ts';
import type { RenderedPage, Section } from '../render-page.ts';
import type { ApiDocument } from './api-document.ts';
import { methodsOf, renderMethod } from './render-methods.ts';
import { renderType } from './render-types.ts';
import { escapeHtml, prose } from './text.ts';

/** A page that has this mark shows the whole API in its place. */
const mark = '<!-- api-reference -->';

export function addApiReference(page: RenderedPage, document: ApiDocument): RenderedPage {
  if (!page.html.includes(mark)) return page;
  const services = document.tags.map(({ name, description }) => ({
    description,
    heading: { level: 2, text: name.split('.').at(-1)!, anchor: name.split('.').at(-1)!.toLowerCase() },
    methods: methodsOf(document, name),
  }));
  const parts = services.map(
    ({ heading, description, methods }) =>
      `<h2 id="${heading.anchor}">${escapeHtml(heading.text)}</h2>\n${prose(description)}` +
      methods.map((method) => renderMethod(document, method)).join('\n'),
  );
  const types = Object.entries(document.components.schemas).map(([name, schema]) => renderType(name, schema));
  const typesHeading = { level: 2, text: 'Types', anchor: 'types' };
  const html = `${keyForm}${parts.join('\n')}\n<h2 id="types">Types</h2>\n${types.join('\n')}`;
  const headings = [...services.map(({ heading }) => heading), typesHeading];
  return {
    ...page,
    html: page.html.replace(mark, () => html),
    headings: [...page.headings, ...headings],
    sections: [...page.sections, ...services.flatMap(({ methods }) => methods.map(sectionOf))],
  };
}

function sectionOf({ json, anchor, path }: ReturnType<typeof methodsOf>[number]): Section {
  const heading: Heading = { level: 3, text: path.split('.').at(-1)!.replace('/', ' '), anchor };
  return { heading, text: `${json.description} ${path}`.replaceAll(/\s+/g, ' ') };
}

/** The token lives in the field alone: it is kept nowhere and goes to this control plane only. */
const keyForm = `<form class="api-key" hidden>
<label for="api-token">API token for what you try on this page</label>
<input id="api-token" type="password" autocomplete="off" spellcheck="false" placeholder="ost_api_…" aria-describedby="api-token-note">
<p id="api-token-note">It stays in this field and is sent to this control plane only. Without one, calls use your session of the console in this browser, if there is one.</p>
</form>
`;
