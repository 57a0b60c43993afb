/** On a narrow window the menu is folded away behind a button. */
export function openMenu(): void {
  const button = document.querySelector<HTMLButtonElement>('.menu-button');
  const menu = document.querySelector<HTMLElement>('#menu');
  if (!button || !menu) return;
  button.hidden = false;
  const set = (open: boolean): void => {
    menu.classList.toggle('open', open);
    button.setAttribute('aria-expanded', String(open));
  };
  button.addEventListener('click', () => set(!menu.classList.contains('open')));
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.classList.contains('open')) return;
    set(false);
    button.focus();
  });
  // In a long menu the page that is read is in sight.
  const current = menu.querySelector<HTMLElement>('[aria-current]');
  if (current && current.offsetTop > menu.clientHeight)
    menu.scrollTop = current.offsetTop - menu.clientHeight / 2;
}
