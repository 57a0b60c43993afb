/**
 * Keeps the console's own files in the browser, so that it opens when the control plane does not answer and
 * can be installed. Not with a certificate that the browser does not trust, nor where it has no such thing:
 * the console works all the same.
 */
export function keepShell(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  window.addEventListener('load', () => {
    navigator.serviceWorker.register('/sw.js').catch(() => undefined);
  });
}
