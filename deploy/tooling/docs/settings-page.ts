import { SETTINGS as agentSettings } from '../../../apps/agent/src/config/settings.ts';
import { settings as controlPlaneSettings } from '../../../apps/control-plane/src/config/settings.ts';

interface Setting {
  readonly description: string;
  readonly default: string;
}

// These two read their few settings where nothing of ours can be imported yet, or next to the terminal's own.
const launcherSettings: Record<string, Setting> = {
  OSTLER_CACHE: {
    description: 'Folder in which `npm start`, `npm test` and `./ostler` of a checkout keep Node and pnpm.',
    default: '~/.cache/ostler/toolchain',
  },
};

export const commandLineSettings: Record<string, Setting> = {
  OSTLER_URL: { description: 'Address of the control plane, before what sign-in has kept.', default: '' },
  OSTLER_TOKEN: { description: 'An API token, before the session that sign-in has kept.', default: '' },
  OSTLER_CONTEXT: {
    description: 'The sign-in to use, by its name, of those that sign-in has kept.',
    default: '',
  },
  OSTLER_PASSWORD: { description: 'Password for signing in without a terminal.', default: '' },
  OSTLER_NEW_PASSWORD: { description: 'The new password, where it has to be changed.', default: '' },
  OSTLER_CONFIG: {
    description: 'File in which sign-ins are kept.',
    default: '~/.config/ostler/cli.json',
  },
};

/** The text of docs/settings.md. */
export function settingsPage(): string {
  return `# Settings

<!-- Written by \`pnpm docs:settings\` from the tables that the programs themselves read. -->

All settings come from the environment. A name that begins with \`OSTLER_\` and is not listed here stops the control
plane at its start, so that a misspelt one is not silently the default.

\`\`\`sh not-run="keeps running until Ctrl-C"
OSTLER_DATA=/srv/ostler OSTLER_PUBLIC_ADDRESS=ostler.example.com npm start
\`\`\`

## Control plane

${table(controlPlaneSettings)}

As root the data folder must be reachable for the database's own user, \`ostler-postgres\`: no folder above it may be
closed to others. The start says which one is in the way.

## Agent

The agent that \`npm start\` runs beside the control plane is told these by it. An installed one reads them from its
unit (\`systemctl edit ostler-agent\`).

${table(agentSettings)}

## Command line

${table(commandLineSettings)}

## Launcher

${table(launcherSettings)}
`;
}

export function table(settings: Readonly<Record<string, Setting>>): string {
  const rows = Object.entries(settings).map(
    ([name, { description, default: value }]) =>
      `| \`${name}\` | ${value === '' ? '' : `\`${value}\``} | ${cell(description)} |`,
  );
  return ['| setting | default | what it is |', '|---|---|---|', ...rows].join('\n');
}

export function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
