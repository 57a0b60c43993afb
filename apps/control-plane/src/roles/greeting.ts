import type { Started } from './control-plane';
import type { ExampleOutcome } from './example-site';

/** What is printed once everything runs. */
export function greeting(started: Started): string {
  const { addresses, firstLogin, nobodySignedIn, joinCommand, remark } = started;
  const lines = [
    ...(remark ? [remark] : []),
    ...movedPorts(started),
    '',
    `  Console       ${addresses.consoleUrl}`,
    `                ${addresses.publicUrl} from other machines`,
    `  Documentation ${addresses.consoleUrl}/docs/`,
  ];
  if (firstLogin) {
    lines.push(`  First login   ${firstLogin.email}   ${firstLogin.password}`);
    lines.push(
      '                shown this once, changed at sign-in; if it is lost: npm start -- reset-login',
    );
  } else if (nobodySignedIn) {
    lines.push('  Nobody has signed in yet; if the first login is lost: npm start -- reset-login');
  }
  if (joinCommand) {
    lines.push('  Add a server  run there as root, within the hour:', `                ${joinCommand}`);
  }
  lines.push('', '  Ctrl-C stops everything that was started here.', '');
  return `${lines.join('\n')}\n`;
}

/** For a log that others may read: no login, no token. */
export function serviceLine(started: Started): string {
  const { addresses, remark } = started;
  const lines = [...(remark ? [remark] : []), ...movedPorts(started), `Console ${addresses.publicUrl}`];
  return `${lines.join('\n')}\n`;
}

export function exampleLine(outcome: ExampleOutcome): string {
  return 'link' in outcome
    ? `  Example site  ${outcome.link}\n`
    : '  The example site is not served yet; the console says why.\n';
}

const meanings = {
  http: 'OSTLER_HTTP_PORT',
  public: 'OSTLER_PUBLIC_PORT',
  agent: 'OSTLER_AGENT_PORT',
} as const;

function movedPorts({ ports, wantedPorts }: Started): string[] {
  const names = ['http', 'public', 'agent'] as const;
  return names.flatMap((name) =>
    wantedPorts[name] === 0 || wantedPorts[name] === ports[name]
      ? []
      : [`Port ${wantedPorts[name]} is taken, using ${ports[name]} (${meanings[name]}).`],
  );
}
