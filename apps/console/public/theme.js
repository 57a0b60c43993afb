// Runs before the first paint, so that a page never flashes in the other theme. A file of its own because
// the content security policy allows no inline script.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('ostler.theme');
  } catch {
    // Storage is forbidden in this browser: follow the system.
  }
  const dark =
    chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
