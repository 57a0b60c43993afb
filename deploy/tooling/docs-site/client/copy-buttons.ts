/** Commands are copied without the prompt, and without the output that stands between them. */
export function addCopyButtons(): void {
  for (const figure of document.querySelectorAll<HTMLElement>('figure.code:not(.text):not(.plain)')) {
    const code = figure.querySelector('code')?.textContent ?? '';
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.addEventListener('click', () => {
      navigator.clipboard.writeText(commandsOf(code)).then(
        () => say(button, 'Copied'),
        () => say(button, 'Not allowed'),
      );
    });
    figure.append(button);
  }
}

function commandsOf(code: string): string {
  const typed = code.split('\n').filter((line) => line.startsWith('$ '));
  return typed.length === 0
    ? code.trimEnd()
    : typed.map((line) => line.slice(2).replace(/ {2,}#.*$/, '')).join('\n');
}

function say(button: HTMLButtonElement, word: string): void {
  button.textContent = word;
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 1_500);
}
