export { AgentUpdateService } from '@ostler/contracts';
