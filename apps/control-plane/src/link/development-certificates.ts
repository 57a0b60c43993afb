import { create } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { type SignRequest, type SignResponse, SignResponseSchema } from '@ostler/contracts';
import { AppError, isUuid } from '@ostler/kernel';
import { AuthorityService } from '../authority';
import type { AgentServer } from './features';
import { PlacedCertificates } from './placed-certificates';

/** Signs for Certificates that ask to be self-signed: the domains are those of the spec, not of the CSR. */
@Injectable()
export class DevelopmentCertificates {
  constructor(
    private readonly placed: PlacedCertificates,
    private readonly authority: AuthorityService,
  ) {}

  async sign(server: AgentServer, { requestId, certificateUid, csr }: SignRequest): Promise<SignResponse> {
    const refuse = (message: string): SignResponse => create(SignResponseSchema, { requestId, message });
    if (!isUuid(certificateUid)) return refuse('certificate_uid is no uid.');
    const spec = await this.placed.specOn(server.uid, certificateUid);
    if (spec?.source.case !== 'selfSigned') {
      return refuse('No Certificate of this uid that asks to be self-signed is placed on this server.');
    }
    try {
      const { lifetimeDays } = spec.source.value;
      const { chain } = await this.authority.issueForDevelopment(spec.domains, csr, lifetimeDays);
      return create(SignResponseSchema, { requestId, certificateChain: chain });
    } catch (error) {
      if (error instanceof AppError) return refuse(error.message);
      throw error;
    }
  }
}
