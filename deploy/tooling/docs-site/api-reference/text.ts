import createMarkdown from 'markdown-it';

const markdown = createMarkdown({ html: false });

/** Comments of the contract are written in Markdown. */
export const prose = (text: string): string => (text === '' ? '' : markdown.render(text));

export const escapeHtml = (text: string): string => markdown.utils.escapeHtml(text);

export const code = (text: string): string => `<code>${escapeHtml(text)}</code>`;
