/** Marks the heading that is being read in the list of headings. */
export function followReading(): void {
  const links = new Map(
    [...document.querySelectorAll<HTMLAnchorElement>('.contents a')].map((link) => [
      decodeURIComponent(link.hash.slice(1)),
      link,
    ]),
  );
  const headings = [...document.querySelectorAll<HTMLElement>('article h2, article h3')];
  if (links.size === 0) return;
  const mark = (): void => {
    const read = headings.findLast((heading) => heading.getBoundingClientRect().top < 120) ?? headings[0];
    for (const [anchor, link] of links) link.classList.toggle('here', anchor === read?.id);
  };
  document.addEventListener('scroll', mark, { passive: true });
  mark();
}
