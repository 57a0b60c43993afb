import { newRequestId } from '@ostler/sdk';
import { type Person, PersonSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { ageOf } from '../../output/age';
import { type Format, formatOption, printMessages } from '../../output/render';
import { roleName, roleOf } from '../../output/roles';
import { safe } from '../../output/style';
import { table } from '../../output/table';

export function peopleCommands(program: Command, context: CommandContext): void {
  const people = program.command('people').description('List and add people, set their roles.');
  people
    .command('list', { isDefault: true })
    .description('List people.')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action(async ({ output }: { output: Format }) => {
      const found = (await context.ostler().identity.listPeople({})).people;
      await printMessages(context, output, PersonSchema, found, () =>
        context.print(table(['UID', 'E-MAIL', 'ROLE', 'STATE', 'SIGNED IN'], found.map(row))),
      );
    });
  people
    .command('add <email>')
    .description('Add a person and print the first password. Shown once.')
    .requiredOption('--role <role>', 'owner, admin, operator or viewer')
    .action(async (email: string, options: { role: string }) => {
      const role = roleOf(options.role);
      const answer = await context.ostler().identity.addPerson({ requestId: newRequestId(), email, role });
      context.print(answer.firstPassword);
    });
  people
    .command('update <uid>')
    .description('Change the role of a person, disable, enable, or reset the password.')
    .option('--role <role>', 'the new role')
    .option('--disable', 'end every session and refuse sign-in')
    .option('--enable', 'allow sign-in again')
    .option('--reset-password', 'make a new first password and print it')
    .action((uid: string, options: UpdateOptions) => update(context, uid, options));
}

function row(person: Person): string[] {
  return [
    person.uid,
    safe(person.email),
    roleName(person.role),
    person.disabled ? 'disabled' : 'active',
    ageOf(person.lastSignInAt) || 'never',
  ];
}

interface UpdateOptions {
  readonly role?: string;
  readonly disable?: boolean;
  readonly enable?: boolean;
  readonly resetPassword?: boolean;
}

async function update(context: CommandContext, uid: string, options: UpdateOptions): Promise<void> {
  const { person, firstPassword } = await context.ostler().identity.updatePerson({
    requestId: newRequestId(),
    uid,
    role: options.role === undefined ? undefined : roleOf(options.role),
    disabled: options.disable ? true : options.enable ? false : undefined,
    resetPassword: options.resetPassword ?? false,
  });
  context.print(
    `${safe(person?.email ?? '')}: ${roleName(person?.role)}${person?.disabled ? ', disabled' : ''}`,
  );
  if (firstPassword) context.print(firstPassword);
}
