import { text } from 'node:stream/consumers';
import {
  type DescMethod,
  fromJsonString,
  getOption,
  type JsonValue,
  type Message,
  toJson,
} from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { mutation, Permission, permission } from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';
import { newRequestId } from '@ostler/sdk';
import { nearest } from '@ostler/resource-model';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { formatOption, type Format, printData } from '../../output/render';
import { table } from '../../output/table';
import { commandOf } from './command-of';
import { allMethods, methodName, methodNamed } from './services';

/** The API itself, for what no command does in the way that a script needs. */
export function apiCommands(program: Command, context: CommandContext): void {
  const api = program.command('api').description('Call any method of the API with JSON, and list them.');
  api
    .command('methods', { isDefault: true })
    .description('List every method with the command that calls it and the permission that it needs.')
    .addOption(formatOption())
    .action(({ output }: { output: Format }) => list(context, output));
  api
    .command('call <method> [json]')
    .description(
      'Call a method like ResourceService/List with a request in JSON; - reads it from standard input.',
    )
    .action((method: string, json: string | undefined) => call(context, method, json ?? '{}'));
}

function list(context: CommandContext, format: Format): Promise<void> | void {
  const methods = allMethods().map((method) => ({
    method: methodName(method),
    command: commandOf[methodName(method)] ?? '',
    permission: Permission[getOption(method, permission)].toLowerCase(),
    changes: getOption(method, mutation),
    streams: method.methodKind !== 'unary',
  }));
  if (format === 'name') return methods.forEach(({ method }) => context.print(method));
  if (format !== 'table') return printData(context, format, methods);
  const rows = methods.map((one) => [
    one.method,
    one.command,
    one.permission,
    [one.changes ? 'changes' : '', one.streams ? 'streams' : ''].filter(Boolean).join(', '),
  ]);
  context.print(table(['METHOD', 'COMMAND', 'PERMISSION', ''], rows));
}

type Call = (request: Message) => Promise<Message> | AsyncIterable<Message>;

/** Prints the answer, or each message of a stream on a line. A missing request id is made. */
async function call(context: CommandContext, name: string, json: string): Promise<void> {
  const method = found(name);
  const request = decode(method, json === '-' ? await text(process.stdin) : json);
  const client = createClient(method.parent, await context.transport()) as unknown as Record<string, Call>;
  const answer = client[method.localName]!(request);
  if (Symbol.asyncIterator in answer) {
    for await (const message of answer) context.print(JSON.stringify(toJson(method.output, message)));
  } else context.print(JSON.stringify(toJson(method.output, await answer), undefined, 2));
}

function found(name: string): DescMethod {
  const method = methodNamed(name);
  if (method) return method;
  const meant = nearest(name, allMethods().map(methodName));
  const hint = meant ? `did you mean ${meant}?` : 'list them: ostler api methods';
  throw AppError.invalid('method', 'UNKNOWN_METHOD', `there is no method "${name}"; ${hint}`);
}

function decode({ input }: DescMethod, json: string): Message {
  const takesId = input.fields.some(({ name }) => name === 'request_id');
  try {
    const request = JSON.parse(json) as JsonValue;
    const isObject = typeof request === 'object' && request !== null && !Array.isArray(request);
    if (takesId && isObject) request['requestId'] ??= newRequestId();
    return fromJsonString(input, JSON.stringify(request));
  } catch (error) {
    throw AppError.invalid('json', 'NOT_A_REQUEST', `is no ${input.name}: ${messageOf(error)}`);
  }
}
