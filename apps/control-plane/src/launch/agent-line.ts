/** One line of the agent's log, as the control plane's own log shows it. */
export interface AgentLine {
  readonly isWarning: boolean;
  readonly text: string;
}

/**
 * The agent writes JSON lines with `at`, `level`, `line` and fields of its own. What is none (Node itself may say
 * something) is shown as it is, and as a warning: nobody planned it.
 */
export function readAgentLine(json: string): AgentLine {
  const entry = parseObject(json);
  if (typeof entry?.['line'] !== 'string') return { isWarning: true, text: `local agent: ${json}` };
  const { at: _at, level, line, ...fields } = entry;
  const words = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return {
    isWarning: level === 'warn' || level === 'error',
    text: ['local agent:', line, ...words].join(' '),
  };
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
