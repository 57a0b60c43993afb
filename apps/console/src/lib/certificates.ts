import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { type CertificateSpec, type CertificateStatus, type Resource } from '@ostler/contracts';

export type CertificateSource = NonNullable<CertificateSpec['source']['case']>;

const sources: Readonly<Record<CertificateSource, string>> = {
  acme: 'ACME',
  selfSigned: 'Self-signed',
  upload: 'Uploaded',
};

export function sourceWord({ source }: CertificateSpec): string {
  return source.case ? sources[source.case] : 'No source';
}

/** What each server holds. */
export function certificateStatuses({ status }: Resource): readonly CertificateStatus[] {
  return (status?.placementStatuses ?? []).flatMap(({ detail }) =>
    detail.case === 'certificate' ? [detail.value] : [],
  );
}

/** The earliest end over all servers. */
export function expiryOf(resource: Resource): Timestamp | undefined {
  return certificateStatuses(resource)
    .map(({ notAfter }) => notAfter)
    .filter((end) => end !== undefined)
    .sort((a, b) => Number(a.seconds - b.seconds))[0];
}
