/** A text that has broken a configuration, a path, an argument list or a unit somewhere. */
export interface HostileValue {
  readonly name: string;
  readonly value: string;
}

/** The one table of hostile texts: every string field is driven with each of them, through every door. */
export const HOSTILE_VALUES: readonly HostileValue[] = [
  { name: 'newline', value: 'a\nb' },
  { name: 'carriage return', value: 'a\r\nb' },
  { name: 'NUL', value: 'a\0b' },
  { name: 'double quote', value: 'a"b' },
  { name: 'single quote', value: "a'b" },
  { name: 'trailing backslash', value: 'a\\' },
  { name: 'semicolon', value: 'a; return 200' },
  { name: 'braces', value: 'a} server {' },
  { name: 'variable', value: '${document_root}' },
  { name: 'comment', value: 'a #' },
  { name: 'substitution', value: '$(id)`id`' },
  { name: 'leading dash', value: '-rf' },
  { name: 'long option', value: '--help' },
  { name: 'parent folder', value: '..' },
  { name: 'way out', value: '/srv/../etc/passwd' },
  { name: 'way out that is escaped', value: '/srv/%2e%2e/etc' },
  { name: 'link to a process', value: '/proc/self/root' },
  { name: 'link to a file', value: '/dev/fd/3' },
  { name: 'socket of the system', value: '/run/docker.sock' },
  { name: 'unix socket', value: 'unix:/run/docker.sock' },
  { name: 'look-alikes', value: 'p\u0430ypal.com' },
  { name: 'full-width dots', value: 'a\uff0e\uff0e\uff0fb' },
  { name: 'right-to-left mark', value: 'ex\u202eelpma' },
  { name: 'zero-width', value: 'a\u200bb' },
  { name: 'line separator', value: 'a\u2028b' },
  { name: 'over-long label', value: `${'a'.repeat(64)}.example` },
  { name: 'over-long', value: 'a'.repeat(70_000) },
  { name: 'metadata address', value: '169.254.169.254' },
  { name: 'metadata address, mapped', value: '::ffff:169.254.169.254' },
  { name: 'metadata address, hexadecimal', value: '0xa9fea9fe' },
  { name: 'metadata address, decimal', value: '2852039166' },
  { name: 'metadata name', value: 'metadata.google.internal' },
  { name: 'unspecified address', value: '0.0.0.0' },
  { name: 'script', value: 'javascript:alert(1)' },
  { name: 'credentials', value: 'https://user:password@example.com/' },
  { name: 'foreign host', value: '//evil.example' },
  { name: 'half of a character', value: '\ud800' },
];
