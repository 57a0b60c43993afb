/** How a server finds this control plane, and by what it knows it. */
export interface JoinTarget {
  /** Of the public listener, without a slash at the end. */
  readonly url: string;
  /** `sha256//BASE64` of its long-lived key. */
  readonly listenerPin: string;
  /** `sha256//BASE64` of the root's key. */
  readonly caPin: string;
  readonly token: string;
}

/** The one line that joins a server. It holds the token. */
export function joinCommand(target: JoinTarget): string {
  return `curl -fsSLk ${rest(target)}`;
}

/**
 * The same as user data for cloud-init: at the first boot, when the network may not be up yet. Every error is tried
 * again for a minute, because curl does not count a name that does not resolve among those that pass.
 */
export function cloudInit(target: JoinTarget): string {
  const command = `curl -fsSLk --retry 12 --retry-delay 5 --retry-all-errors ${rest(target)}`;
  // JSON is YAML, whatever is in the line.
  return `#cloud-config\nruncmd:\n  - ${JSON.stringify(command)}\n`;
}

function rest({ url, listenerPin, caPin, token }: JoinTarget): string {
  const script = quoted(`${url}/install.sh`);
  return `--pinnedpubkey '${listenerPin}' ${script} | sh -s -- --token ${token} --ca ${caPin}`;
}

/** Brackets of an IPv6 address mean something to shells. */
function quoted(text: string): string {
  return /^[\w.:/-]+$/.test(text) ? text : `'${text}'`;
}
