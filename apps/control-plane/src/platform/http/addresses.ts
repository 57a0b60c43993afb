import { networkInterfaces } from 'node:os';

import { Injectable } from '@nestjs/common';

import { Config } from '../../config';

interface Ports {
  readonly loopback: number;
  readonly public: number;
  readonly agent: number;
}

/** Under which addresses this control plane is reached, once its listeners have their ports. */
@Injectable()
export class Addresses {
  private ports: Ports | undefined;

  constructor(private readonly config: Config) {}

  /** For the listeners, when they listen. */
  tell(ports: Ports): void {
    this.ports = ports;
  }

  /** Name or address of this machine for others, without a port. */
  get publicHost(): string {
    return this.config.values.publicAddress ?? firstAddress() ?? '127.0.0.1';
  }

  /** Where the console is for who sits at this machine: no certificate warning. */
  get consoleUrl(): string {
    return `http://localhost:${this.listening.loopback}`;
  }

  /** Where other machines join and browsers come in. */
  get publicUrl(): string {
    return `https://${bracketed(this.publicHost)}:${this.listening.public}`;
  }

  /** host:port that agents dial. */
  get agentAddress(): string {
    return `${bracketed(this.publicHost)}:${this.listening.agent}`;
  }

  /** Where the agent of this very machine joins. */
  get localJoinUrl(): string {
    // A certificate of the operator's own does not lead to our root; loopback needs none.
    if (this.config.values.tls) return this.consoleUrl;
    return `https://localhost:${this.listening.public}`;
  }

  /** All that a certificate of ours should name. */
  names(): string[] {
    const { hosts } = this.config.values;
    return [...new Set([this.publicHost, ...hosts, 'localhost', '127.0.0.1', '::1', ...addresses()])];
  }

  private get listening(): Ports {
    if (!this.ports) throw new Error('the listeners have no ports yet');
    return this.ports;
  }
}

function firstAddress(): string | undefined {
  return addresses().find((address) => !address.includes(':')) ?? addresses()[0];
}

/** Of this machine towards others: no loopback, no link-local. */
function addresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
