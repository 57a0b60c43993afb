import { Injectable } from '@nestjs/common';

export interface PlacementListener {
  /** In the transaction that made it so: a server joined or got other labels. */
  serverChanged(serverUid: string): Promise<void>;
  /** In the transaction that removed the server: nothing of it is waited for any more. */
  serverRemoved(serverUid: string): Promise<void>;
}

/** Who decides what runs where registers here; the fleet knows no resources. */
@Injectable()
export class PlacementChanges {
  private readonly listeners: PlacementListener[] = [];

  register(listener: PlacementListener): void {
    this.listeners.push(listener);
  }

  async serverChanged(serverUid: string): Promise<void> {
    for (const listener of this.listeners) await listener.serverChanged(serverUid);
  }

  async serverRemoved(serverUid: string): Promise<void> {
    for (const listener of this.listeners) await listener.serverRemoved(serverUid);
  }
}
