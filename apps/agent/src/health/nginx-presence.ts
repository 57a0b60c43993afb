import { messageOf, Serial } from '@ostler/kernel';
import type { FoundNginx } from '../host/nginx/port';

/** Never a reason for the agent to end: what a server cannot do is a capability with its reason. */
function unusable(error: unknown): FoundNginx {
  return { found: false, reason: 'NGINX_UNUSABLE', message: `nginx cannot be used: ${messageOf(error)}.` };
}

/** The nginx of this server, looked for again when it may have come or gone. */
export class NginxPresence {
  private found: FoundNginx = {
    found: false,
    reason: 'NGINX_MISSING',
    message: 'It was not looked for yet.',
  };
  private readonly serial = new Serial();
  private readonly listeners: ((found: FoundNginx) => void)[] = [];

  constructor(private readonly find: () => Promise<FoundNginx>) {}

  current(): FoundNginx {
    return this.found;
  }

  /** Called at each look that finds nginx where it was not, or the other way round. */
  onChange(listener: (found: FoundNginx) => void): void {
    this.listeners.push(listener);
  }

  /** One that was found stays: its driver and target hold on to it. */
  refresh(): Promise<FoundNginx> {
    return this.serial.run(async () => {
      if (this.found.found) return this.found;
      this.found = await this.find().catch(unusable);
      if (this.found.found) for (const listener of this.listeners) listener(this.found);
      return this.found;
    });
  }
}
