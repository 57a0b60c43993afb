import type { HttpProbe, Net, ProbeOutcome } from './port';

/** A network in memory: names, and what answers at an address. */
export class FakeNet implements Net {
  readonly names = new Map<string, readonly string[]>();
  /** Asked for every probe; undefined means that nothing listens there. */
  answer: (request: HttpProbe) => ProbeOutcome | undefined = () => undefined;
  own: readonly string[] = ['127.0.0.1', '::1'];
  ipv6 = false;

  resolve(host: string): Promise<readonly string[]> {
    const found = this.names.get(host);
    return found
      ? Promise.resolve(found)
      : Promise.reject(new Error(`${host} does not resolve on this server.`));
  }

  probe(request: HttpProbe): Promise<ProbeOutcome> {
    return Promise.resolve(this.answer(request) ?? { answered: false, message: 'connect ECONNREFUSED' });
  }

  accepts(address: string, port: number): Promise<boolean> {
    const request = { address, port, path: '/', host: address, tls: false, timeoutMs: 1 };
    return Promise.resolve(this.answer(request) !== undefined);
  }

  ownAddresses(): readonly string[] {
    return this.own;
  }

  hasIpv6(): boolean {
    return this.ipv6;
  }

  freePort(wanted: number): Promise<number | undefined> {
    return Promise.resolve(wanted === 0 ? 40_000 : wanted);
  }
}
