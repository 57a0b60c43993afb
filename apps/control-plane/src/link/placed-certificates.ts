import { fromBinary } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { type CertificateSpec, ManifestBodySchema, ManifestIndexSchema } from '@ostler/contracts';
import { query, UnitOfWork } from '../platform/db';
import { AgentFeatures } from './features';

/** What an agent may ask for follows from its own manifest, never from what it says. */
@Injectable()
export class PlacedCertificates {
  constructor(
    private readonly features: AgentFeatures,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** The spec of a Certificate as it is placed on this server; undefined when it is not. */
  async specOn(serverUid: string, certificateUid: string): Promise<CertificateSpec | undefined> {
    const manifests = this.features.get('manifests');
    const offer = await manifests.offerFor(serverUid);
    if (!offer) return undefined;
    const { entries } = fromBinary(ManifestIndexSchema, offer.index);
    const entry = entries.find(({ uid }) => uid === certificateUid);
    const body = entry && (await manifests.body(entry.bodySha256, serverUid));
    const spec = body && fromBinary(ManifestBodySchema, body).spec;
    return spec?.case === 'certificate' ? spec.value : undefined;
  }

  /** The servers that carry it, by uid, with their names. */
  serversOf(certificateUid: string): Promise<{ readonly uid: string; readonly name: string }[]> {
    return this.unitOfWork.asSystem('agent-lane', () =>
      query(
        `select s.uid, s.name from placement p join server s on s.uid = p.server_uid
         where p.resource_uid = $1 and not p.removing and s.removed_at is null order by s.name`,
        [certificateUid],
      ),
    );
  }
}
