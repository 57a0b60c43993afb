import type { Command } from 'commander';
import { forgetContext, writeContext } from '../../auth/context-file';
import { ask } from '../../auth/prompt';
import type { CommandContext } from '../../command-context';
import { roleName } from '../../output/names';
import { safe } from '../../output/style';

export function identityCommands(program: Command, context: CommandContext): void {
  program
    .command('sign-in')
    .description('Sign in and keep the session for later commands.')
    .option('--url <url>', 'address of the control plane')
    .option('--email <email>', 'who signs in')
    .action((options: { url?: string; email?: string }) => signIn(context, options));
  program
    .command('sign-out')
    .description('End the session and forget it.')
    .action(async () => {
      if (context.stored()) await context.ostler().identity.signOut({});
      forgetContext(context.environment.contextFile);
      context.print('Signed out.');
    });
  program
    .command('whoami')
    .description('Show who is signed in, where, and with which role.')
    .action(() => whoAmI(context));
  program
    .command('change-password')
    .description('Change your own password.')
    .action(() => changePassword(context));
}

async function signIn(context: CommandContext, options: { url?: string; email?: string }): Promise<void> {
  const url = options.url ?? context.url;
  const email = options.email ?? (await ask('E-mail: ', { insteadOf: '--email' }));
  const password =
    context.environment.password ?? (await ask('Password: ', { hidden: true, insteadOf: 'OSTLER_PASSWORD' }));
  const anonymous = context.anonymous(url);
  const answer = await anonymous.identity.signIn({ email, password, withToken: true });
  const { contextFile } = context.environment;
  writeContext(contextFile, { url, email, token: answer.sessionToken });
  context.print(`Signed in to ${safe(url)} as ${safe(email)}.`);
  if (answer.person?.mustChangePassword)
    context.print('The first password must be changed now: ostler change-password');
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

async function whoAmI(context: CommandContext): Promise<void> {
  const me = await context.ostler().identity.whoAmI({});
  const who = me.apiToken ? `API token ${me.apiToken.name}` : (me.person?.email ?? '');
  const role = me.apiToken?.role ?? me.person?.role;
  context.print(`${safe(who)} (${roleName(role)}) in tenant ${safe(me.tenantName)} at ${safe(context.url)}`);
}
