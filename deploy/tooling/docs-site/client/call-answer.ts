/** What is shown of a call that was tried. */
export interface CallAnswer {
  readonly isDone: boolean;
  /** `200 OK in 12 ms` */
  readonly summary: string;
  /** Those that a script goes by. */
  readonly headers: string;
  readonly body: string;
  /** Where the reason is explained. */
  readonly help?: string;
}

const shownHeaders = ['x-request-id', 'ratelimit', 'ratelimit-policy', 'retry-after'];

/** Sends one call in JSON. Never rejects: a control plane that is away is an answer too. */
export async function answerOf(path: string, body: string, token: string): Promise<CallAnswer> {
  const began = performance.now();
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== '' && { authorization: `Bearer ${token}` }),
      },
      // A token of one's own is tried as it is, not with what the console may do in this browser.
      credentials: token === '' ? 'same-origin' : 'omit',
      body,
    });
    const text = await response.text();
    const help = helpIn(text);
    return {
      isDone: response.ok,
      summary: `${response.status} ${response.statusText} in ${Math.round(performance.now() - began)} ms`,
      headers: shownHeaders
        .filter((name) => response.headers.has(name))
        .map((name) => `${name}: ${response.headers.get(name)}`)
        .join('\n'),
      body: indented(text),
      ...(help !== undefined && { help }),
    };
  } catch (error) {
    const summary = `No answer: ${String(error)}. Is the control plane up, and this page from it?`;
    return { isDone: false, summary, headers: '', body: '' };
  }
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

/** Only a path of this control plane is followed. */
function helpIn(text: string): string | undefined {
  const help = /"help"\s*:\s*"(\/docs\/[^"\\]*)"/.exec(text)?.[1];
  return help;
}
