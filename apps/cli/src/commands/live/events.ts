import { toJson } from '@bufbuild/protobuf';
import { LiveWatchRequest_Topic as Topic, LiveWatchResponseSchema } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';

export const topics: Readonly<Record<string, Topic>> = {
  resources: Topic.RESOURCES,
  servers: Topic.SERVERS,
  operations: Topic.OPERATIONS,
  audit: Topic.AUDIT,
  rollouts: Topic.ROLLOUTS,
  waiting: Topic.WAITING_SERVERS,
};

/** The stream that the console lives on, for scripts. */
export function eventsCommand(program: Command, context: CommandContext): void {
  program
    .command('events [topic...]')
    .description(
      `Print the present state and then every change, one JSON object a line, until interrupted: ${Object.keys(topics).join(', ')}; all without a topic.`,
    )
    .action((names: string[]) => events(context, names));
}

async function events(context: CommandContext, names: readonly string[]): Promise<void> {
  const wanted = names.length > 0 ? names.map(topicOf) : Object.values(topics);
  for await (const message of context.ostler().live.watch({ topics: [...new Set(wanted)] })) {
    if (message.event.case !== 'alive')
      context.print(JSON.stringify(toJson(LiveWatchResponseSchema, message)));
  }
}

function topicOf(name: string): Topic {
  const topic = topics[name];
  if (topic) return topic;
  const known = Object.keys(topics).join(', ');
  throw AppError.invalid('topic', 'UNKNOWN_TOPIC', `there is no topic "${name}"; there are: ${known}`);
}
