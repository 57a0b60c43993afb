/** Where and as whom to ask for a certificate. */
export interface AcmeAccount {
  /** https URL of the authority's directory (RFC 8555 section 7.1.1). */
  readonly directoryUrl: string;
  /** PEM of roots to trust for the directory; empty means the system's. */
  readonly directoryCaPem: string;
  /** PEM, EC P-256. */
  readonly accountKeyPem: string;
  readonly email: string;
  readonly termsAgreed: boolean;
}

export interface AcmeOrder {
  readonly account: AcmeAccount;
  readonly domains: readonly string[];
  /** DER of a PKCS #10 request for exactly these domains. */
  readonly csr: Uint8Array;
  /** Resolves when the token is served for the domain, everywhere; rejects with why not. */
  serve(domain: string, token: string, keyAuthorization: string): Promise<void>;
  withdraw(token: string): Promise<void>;
}

/** The step at which an order failed. */
export type AcmeStage = 'DIRECTORY' | 'ACCOUNT' | 'ORDER' | 'CHALLENGE' | 'FINALIZE';

/** What the authority said, in its own words. */
export class AcmeFailure extends Error {
  override readonly name = 'AcmeFailure';

  constructor(
    readonly stage: AcmeStage,
    /** The domain that it was about; empty when it was about the whole order. */
    readonly domain: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An ACME client (RFC 8555) for HTTP-01. */
export interface Acme {
  /** PEM chain, leaf first. Throws AcmeFailure. */
  obtain(order: AcmeOrder): Promise<string>;
}
