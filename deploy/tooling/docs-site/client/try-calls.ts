import { answerOf, type CallAnswer } from './call-answer.ts';

/** Lets a reader of the API reference send what stands on the page, with a token of their own. */
export function tryCalls(): void {
  const forms = document.querySelectorAll<HTMLFormElement>('form.api-try');
  if (forms.length === 0) return;
  const key = document.querySelector<HTMLFormElement>('form.api-key');
  key?.addEventListener('submit', (event) => event.preventDefault());
  if (key) key.hidden = false;
  for (const form of forms) prepare(form);
  addEventListener('hashchange', unfold);
  unfold();
}

/** A link to what is folded unfolds it. */
function unfold(): void {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!(target instanceof HTMLDetailsElement) || target.open) return;
  target.open = true;
  target.scrollIntoView();
}

function prepare(form: HTMLFormElement): void {
  form.hidden = false;
  const text = form.querySelector('textarea')!;
  if ('requestId' in form.dataset) text.value = withNewId(text.value);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send(form, text);
  });
}

/** A request id names one change: what is sent anew on purpose needs another. */
const withNewId = (text: string): string =>
  text.replace(/("requestId"\s*:\s*")[^"]*"/, `$1${crypto.randomUUID()}"`);

async function send(form: HTMLFormElement, text: HTMLTextAreaElement): Promise<void> {
  const button = form.querySelector('button')!;
  const status = form.querySelector('[role=status]')!;
  const token = document.querySelector<HTMLInputElement>('#api-token')?.value.trim() ?? '';
  button.disabled = true;
  status.textContent = 'Sending…';
  const answer = await answerOf(form.dataset['path']!, text.value, token);
  button.disabled = false;
  status.textContent = answer.summary;
  show(form.querySelector<HTMLElement>('.api-answer')!, answer);
  if (answer.isDone && 'requestId' in form.dataset) text.value = withNewId(text.value);
}

function show(place: HTMLElement, { headers, body, help }: CallAnswer): void {
  const parts: HTMLElement[] = [];
  if (help !== undefined) {
    const link = document.createElement('a');
    link.href = help;
    link.textContent = 'What this error means and what to do';
    const line = document.createElement('p');
    line.append(link);
    parts.push(line);
  }
  for (const [label, content] of [
    ['Headers', headers],
    ['Answer', body],
  ] as const) {
    if (content === '') continue;
    const block = document.createElement('pre');
    block.tabIndex = 0;
    block.setAttribute('role', 'region');
    block.setAttribute('aria-label', label);
    block.textContent = content;
    parts.push(block);
  }
  place.replaceChildren(...parts);
  place.hidden = false;
}
