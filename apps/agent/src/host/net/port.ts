/** What a probe of an address saw. */
export type ProbeOutcome =
  | { readonly answered: true; readonly status: number; readonly body: string; readonly fingerprint: string }
  | { readonly answered: false; readonly message: string };

export interface HttpProbe {
  /** An IP address, never a name. */
  readonly address: string;
  readonly port: number;
  /** Request target, begins with a slash. */
  readonly path: string;
  /** Host header, and the name asked for over TLS. */
  readonly host: string;
  readonly tls: boolean;
  readonly timeoutMs: number;
}

/** Sockets and names of the network, for everything but the link to the control plane. */
export interface Net {
  /** Every address that this server finds for the name, sorted; throws AppError UNAVAILABLE when it finds none. */
  resolve(host: string): Promise<readonly string[]>;
  /**
   * One GET on a connection of its own. The body is cut at 4 KiB, the fingerprint is the SHA-256 of the TLS leaf
   * (lower-case hexadecimal, empty without TLS). The certificate is not verified. Never rejects.
   */
  probe(request: HttpProbe): Promise<ProbeOutcome>;
  /** Whether something accepts connections there. Never rejects. */
  accepts(address: string, port: number, timeoutMs: number): Promise<boolean>;
  /** Addresses of this server's own interfaces, loopback included. */
  ownAddresses(): readonly string[];
  hasIpv6(): boolean;
  /** Whether this process may listen on the port, on every address; 0 asks for any. Returns the free port found. */
  freePort(wanted: number): Promise<number | undefined>;
}
