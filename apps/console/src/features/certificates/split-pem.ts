const PRIVATE_KEY = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[^]*?-----END \1-----\r?\n?/g;

/** What is public of a PEM text, and the private key in it, if there is one. */
export function splitPem(text: string): { readonly certificates: string; readonly key: string | undefined } {
  const [key] = text.match(PRIVATE_KEY) ?? [];
  return { certificates: text.replace(PRIVATE_KEY, ''), key };
}
