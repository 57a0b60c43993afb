const KEY = 'ostler.notices';

/** The person wants the browser to tell them of the end of their work, and the browser may. */
export function noticesAreOn(): boolean {
  return isChosen() && globalThis.Notification?.permission === 'granted';
}

/** Asks the browser where it was not asked before. @returns why it cannot be, in words */
export async function chooseNotices(isWanted: boolean): Promise<string | undefined> {
  choose(isWanted);
  if (!isWanted) return undefined;
  if (!('Notification' in globalThis)) return 'This browser has no notifications for pages.';
  const answer = await Notification.requestPermission();
  if (answer === 'granted') return undefined;
  choose(false);
  return 'Your browser forbids notifications for this page. Allow them in its settings of this site.';
}

/** One notice for all tabs: the browser shows those with one tag once. */
export function notify(tag: string, title: string, body: string): void {
  if (noticesAreOn()) new Notification(title, { tag, body, icon: '/icon-192.png' });
}

function isChosen(): boolean {
  try {
    return localStorage.getItem(KEY) === 'on';
  } catch {
    // Storage is forbidden in this browser.
    return false;
  }
}

function choose(isWanted: boolean): void {
  try {
    localStorage.setItem(KEY, isWanted ? 'on' : 'off');
  } catch {
    // As above: the choice holds for nobody.
  }
}
