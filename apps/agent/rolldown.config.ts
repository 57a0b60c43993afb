import { standaloneBundle } from '../../tooling/build/bundle.ts';

// CommonJS starts with less memory than a module graph, and the agent is one file on a server.
export default standaloneBundle(import.meta.dirname, { file: 'agent.cjs', format: 'cjs' });
