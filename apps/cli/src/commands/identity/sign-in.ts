import { WhoAmIResponseSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import { readContexts, storeContext } from '../../auth/context-file';
import { ask } from '../../auth/prompt';
import { type CommandContext, DEFAULT_URL } from '../../command-context';
import { type Format, formatOption, printMessages } from '../../output/render';
import { roleName } from '../../output/roles';
import { safe } from '../../output/style';
import { forget } from './contexts';

interface SignInOptions {
  readonly url?: string;
  readonly email?: string;
  readonly browser?: boolean;
}

export function identityCommands(program: Command, context: CommandContext): void {
  program
    .command('sign-in')
    .description('Sign in and keep the session for later commands. With --context it gets a name of its own.')
    .option('--url <url>', 'address of the control plane')
    .option('--email <email>', 'who signs in')
    .option('--browser', 'approve in the console, where you are signed in, instead of typing a password here')
    .action((options: SignInOptions) => signIn(context, options));
  program
    .command('sign-out')
    .description('End the session and forget it.')
    .action(() => signOut(context));
  program
    .command('whoami')
    .description('Show who is signed in, where, and with which role.')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action(({ output }: { output: Format }) => whoAmI(context, output));
  program
    .command('change-password')
    .description('Change your own password.')
    .action(() => changePassword(context));
}

interface Session {
  readonly email: string;
  readonly token: string;
  readonly mustChangePassword: boolean;
}

async function signIn(context: CommandContext, options: SignInOptions): Promise<void> {
  const url = options.url ?? urlOf(context);
  const session = options.browser
    ? await sessionByBrowser(context, url)
    : await sessionByPassword(context, url, options.email);
  const name = nameOf(context, url);
  const { email, token } = session;
  storeContext(context.environment.contextFile, name, { url, email, token });
  context.print(`Signed in to ${safe(url)} as ${safe(email)} (context ${safe(name)}).`);
  if (session.mustChangePassword)
    context.print('The first password must be changed now: ostler change-password');
}

/** Of the context that is named, where it is there already; else as for every command. */
function urlOf(context: CommandContext): string {
  const { contexts, current } = readContexts(context.environment.contextFile);
  const named = contexts[context.asked ?? '']?.url;
  return named ?? context.environment.url ?? contexts[current]?.url ?? DEFAULT_URL;
}

/** The name that was asked for, or the one that the address has already, or the host of the address. */
function nameOf(context: CommandContext, url: string): string {
  const { contexts } = readContexts(context.environment.contextFile);
  const known = Object.entries(contexts).find(([, one]) => one.url === url)?.[0];
  return context.asked ?? known ?? hostOf(url);
}

/** With a hyphen for the port: shells take a word apart at a colon when they complete it. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host.replaceAll(/[^\w.-]+/g, '-') : 'default';
}

async function sessionByPassword(
  context: CommandContext,
  url: string,
  given: string | undefined,
): Promise<Session> {
  const email = given ?? (await ask('E-mail: ', { insteadOf: '--email' }));
  const password =
    context.environment.password ?? (await ask('Password: ', { hidden: true, insteadOf: 'OSTLER_PASSWORD' }));
  const answer = await context.anonymous(url).identity.signIn({ email, password, withToken: true });
  const mustChangePassword = answer.person?.mustChangePassword ?? false;
  return { email, token: answer.sessionToken, mustChangePassword };
}

async function sessionByBrowser(context: CommandContext, url: string): Promise<Session> {
  const { signInByBrowser } = await import('../../auth/browser-sign-in');
  const answer = await signInByBrowser(context.anonymous(url), async ({ code, path }) => {
    const address = new URL(path, url).href;
    process.stderr.write(
      `Open ${safe(address)}\nand approve it there when it shows the code ${safe(code)}.\n`,
    );
    if (process.stderr.isTTY !== true) return;
    const { openBrowser } = await import('../../auth/browser');
    await openBrowser(context.environment, address);
  });
  return { email: answer.person?.email ?? '', token: answer.sessionToken, mustChangePassword: false };
}

/** Forgets the session here even where the control plane does not know it any more. */
async function signOut(context: CommandContext): Promise<void> {
  const { contexts, current } = readContexts(context.environment.contextFile);
  const name = context.asked ?? current;
  try {
    if (contexts[name]) await context.ostler().identity.signOut({});
  } finally {
    forget(context, name);
  }
  context.print('Signed out.');
}

async function changePassword(context: CommandContext): Promise<void> {
  const { password, newPassword } = context.environment;
  const asked = { hidden: true, insteadOf: 'OSTLER_PASSWORD and OSTLER_NEW_PASSWORD' };
  await context.ostler().identity.changePassword({
    currentPassword: password ?? (await ask('Current password: ', asked)),
    newPassword: newPassword ?? (await ask('New password, 12 characters or more: ', asked)),
  });
  context.print('Password changed.');
}

async function whoAmI(context: CommandContext, format: Format): Promise<void> {
  const me = await context.ostler().identity.whoAmI({});
  const who = me.apiToken ? `API token ${me.apiToken.name}` : (me.person?.email ?? '');
  const role = me.apiToken?.role ?? me.person?.role;
  await printMessages(context, format, WhoAmIResponseSchema, [me], () =>
    context.print(
      `${safe(who)} (${roleName(role)}) in tenant ${safe(me.tenantName)} at ${safe(context.url)}`,
    ),
  );
}
