/** A private key made on this server and a request for a certificate of it. */
export interface KeyAndRequest {
  /** PKCS #8 PEM, EC P-256. */
  readonly privateKeyPem: string;
  /** PKCS #10 DER. */
  readonly csr: Uint8Array;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** The library is loaded with the first request: it takes 10 MB. */
export async function makeKeyAndRequest(domains: readonly string[]): Promise<KeyAndRequest> {
  await import('reflect-metadata');
  const { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension, PemConverter } =
    await import('@peculiar/x509');
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: algorithm,
    extensions: [new SubjectAlternativeNameExtension(domains.map((value) => ({ type: 'dns', value })))],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { privateKeyPem: PemConverter.encode(pkcs8, 'PRIVATE KEY'), csr: new Uint8Array(request.rawData) };
}

/** A key for an ACME account. */
export async function makeAccountKey(): Promise<string> {
  const { privateKeyPem } = await makeKeyAndRequest(['account.invalid']);
  return privateKeyPem;
}
