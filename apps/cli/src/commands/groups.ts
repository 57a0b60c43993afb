import type { Command } from 'commander';
import type { CommandContext } from '../command-context';

/** Adds commands to the program; each file under commands/ exports one. */
export type AddCommands = (program: Command, context: CommandContext) => void;

export interface Group {
  /** The first words of a command line that belong to it. */
  readonly words: readonly string[];
  readonly load: () => Promise<AddCommands>;
}

/** Every command, in the order of the help; each group is loaded only when a command line asks for it. */
export const groups: readonly Group[] = [
  {
    words: ['sign-in', 'sign-out', 'whoami', 'change-password'],
    load: async () => (await import('./identity/sign-in')).identityCommands,
  },
  { words: ['approve'], load: async () => (await import('./identity/approve')).approveCommand },
  { words: ['contexts'], load: async () => (await import('./identity/contexts')).contextCommands },
  { words: ['get'], load: async () => (await import('./resources/get')).getCommand },
  { words: ['describe'], load: async () => (await import('./resources/describe')).describeCommand },
  { words: ['explain'], load: async () => (await import('./explain/explain')).explainCommand },
  { words: ['apply'], load: async () => (await import('./resources/apply')).applyCommand },
  { words: ['diff'], load: async () => (await import('./resources/diff')).diffCommand },
  { words: ['edit'], load: async () => (await import('./resources/edit')).editCommand },
  { words: ['delete'], load: async () => (await import('./resources/delete')).deleteCommand },
  {
    words: ['history', 'revert'],
    load: async () => (await import('./resources/history')).historyCommands,
  },
  { words: ['wait'], load: async () => (await import('./resources/wait')).waitCommand },
  { words: ['watch'], load: async () => (await import('./resources/watch')).watchCommand },
  { words: ['open'], load: async () => (await import('./console/open')).openCommand },
  { words: ['site'], load: async () => (await import('./site/publish')).siteCommands },
  { words: ['servers'], load: async () => (await import('./servers/servers')).serverCommands },
  { words: ['join-tokens'], load: async () => (await import('./servers/join-token')).joinTokenCommands },
  { words: ['waiting'], load: async () => (await import('./servers/waiting')).waitingCommands },
  { words: ['selectors'], load: async () => (await import('./servers/selectors')).selectorCommands },
  { words: ['agents'], load: async () => (await import('./agents/agents')).agentCommands },
  { words: ['operations'], load: async () => (await import('./operations/operations')).operationCommands },
  { words: ['audit'], load: async () => (await import('./audit/list')).auditCommands },
  { words: ['tokens'], load: async () => (await import('./tokens/tokens')).tokenCommands },
  { words: ['people'], load: async () => (await import('./people/people')).peopleCommands },
  { words: ['status', 'limits'], load: async () => (await import('./live/status')).statusCommand },
  { words: ['events'], load: async () => (await import('./live/events')).eventsCommand },
  { words: ['api'], load: async () => (await import('./api/api')).apiCommands },
  { words: ['completion'], load: async () => (await import('./completion/completion')).completionCommands },
];

/** The group whose commands begin with the word. */
export function groupOf(word: string | undefined): Group | undefined {
  return groups.find(({ words }) => word !== undefined && words.includes(word));
}
