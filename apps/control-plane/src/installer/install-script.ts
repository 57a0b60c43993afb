/** One package that servers can install, with what proves that it was released. */
export interface ScriptPackage {
  /** As `uname -m` says it. */
  readonly architecture: string;
  readonly sha256: Uint8Array;
  readonly size: number;
  readonly version: string;
  /** The exact bytes that were signed. */
  readonly release: Uint8Array;
  readonly signature: Uint8Array;
}

export interface ScriptValues {
  /** Of the public listener, without a slash at the end. */
  readonly control: string;
  readonly listenerPin: string;
  readonly caPin: string;
  /** PEM; empty while there is no package. */
  readonly releaseKey: string;
  readonly packages: readonly ScriptPackage[];
}

/**
 * The installer as servers get it: deploy/agent/install.sh with its first variables filled in. Every value is checked
 * for its alphabet, and none of them holds a quote.
 *
 * @throws when the template has no place for a value, or a value is not what it should be: a program error.
 */
export function installScript(template: string, values: ScriptValues): string {
  const fields: Record<string, string> = {
    control: checked(values.control, /^https:\/\/[\w.:[\]-]+$/),
    listener_pin: checked(values.listenerPin, pin),
    ca_pin: checked(values.caPin, pin),
    release_key: checked(Buffer.from(values.releaseKey).toString('base64'), base64),
    packages: values.packages.map(packageLine).join('\n'),
  };
  return Object.entries(fields).reduce((script, [name, value]) => fillIn(script, name, value), template);
}

const base64 = /^[A-Za-z0-9+/=]*$/;
const pin = /^sha256\/\/[A-Za-z0-9+/]{43}=$/;

function packageLine({ architecture, sha256, size, version, release, signature }: ScriptPackage): string {
  const words = [
    checked(architecture, /^\w+$/),
    Buffer.from(sha256).toString('hex'),
    String(size),
    checked(version, /^[0-9A-Za-z][-0-9A-Za-z.+]*$/),
    Buffer.from(release).toString('base64'),
    Buffer.from(signature).toString('base64'),
  ];
  return words.join(' ');
}

function fillIn(script: string, name: string, value: string): string {
  const place = `\n${name}=''\n`;
  if (script.split(place).length !== 2) throw new Error(`the installer has no place for ${name}`);
  return script.replace(place, () => `\n${name}='${value}'\n`);
}

function checked(value: string, alphabet: RegExp): string {
  if (!alphabet.test(value)) throw new Error(`${JSON.stringify(value)} cannot stand in the installer`);
  return value;
}
