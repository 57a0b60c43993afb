import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { AppError, messageOf, type ResourceUid } from '@ostler/kernel';
import {
  type CertificateSpec,
  CertificateStatusSchema,
  FileChange_Action,
  FileChangeSchema,
  Kind,
} from '@ostler/contracts';
import { failpoint } from '../../failpoints';
import { AcmeFailure } from '../../host/net/acme';
import type {
  Driver,
  DriverContext,
  PlacedResource,
  PreviewChange,
  Previewed,
  Reconciled,
} from '../../reconcile/driver.port';
import type { StoredCertificate } from './certificate-files';
import { checkCertificate } from './check';
import { conditionsOf, missingConditions } from './conditions';
import { type Issued, issueAcme, type IssueParts, issueSelfSigned, issueUpload, NotYet } from './issue';
import {
  afterFailure,
  afterInterruption,
  afterIssue,
  type Attempts,
  nextOrderAt,
  renewalAt,
  withOrder,
} from './schedule';
import { sourceOf } from './source';

/** Looked again when nothing else happens: a file may have been damaged by hand. */
const CHECK_INTERVAL_MS = 3_600_000;
/** After what no authority counted: DNS may be right, or nginx up, in a moment. */
const NOT_YET_INTERVAL_MS = 5000;

/** A certificate that this server now has, or why it has none. */
interface Outcome {
  readonly stored: StoredCertificate | undefined;
  readonly attempts: Attempts;
  /** Set when nothing was counted as a failure, but there is a reason to wait. */
  readonly waiting?: { readonly reason: string; readonly message: string };
}

/**
 * Keeps a certificate on this server: makes it, renews it early, keeps the old one until the new one is
 * there. The private key is made here and never leaves.
 */
export class CertificateDriver implements Driver {
  readonly kind = Kind.CERTIFICATE;

  constructor(private readonly parts: IssueParts) {}

  check(resource: PlacedResource): void {
    checkCertificate(resource);
  }

  async reconcile(resource: PlacedResource, context: DriverContext): Promise<Reconciled> {
    const spec = checkCertificate(resource);
    const outcome = await this.ensure(resource, spec, context);
    return this.report(resource, spec, outcome);
  }

  async remove(uid: ResourceUid): Promise<void> {
    await this.parts.files.remove(uid);
  }

  async preview(changes: readonly PreviewChange[]): Promise<Previewed> {
    const previews = await Promise.all(changes.map((change) => this.previewOne(change)));
    return {
      valid: true,
      message: '',
      files: previews.flatMap(({ files }) => files),
      actions: previews.flatMap(({ actions }) => actions),
    };
  }

  /** The certificate that the spec asks for, made when it is missing, of another source, or near its end. */
  private async ensure(
    resource: PlacedResource,
    spec: CertificateSpec,
    context: DriverContext,
  ): Promise<Outcome> {
    const { files, clock } = this.parts;
    const [stored, noted] = await Promise.all([files.read(resource.uid), files.attempts(resource.uid)]);
    const attempts = afterInterruption(noted, fingerprintOf(stored));
    if (attempts !== noted) await files.keepAttempts(resource.uid, attempts);
    const source = sourceOf(spec);
    const now = clock.now();
    const fits = stored?.source === source;
    const renews = spec.source.case !== 'upload';
    if (fits && (!renews || now < renewalAt(stored.chain, spec.renewBeforeHours, resource.uid))) {
      return { stored, attempts };
    }
    if (spec.source.case === 'acme' && nextOrderAt(attempts, now) > now) return { stored, attempts };
    return this.issueAndKeep(resource, spec, context, { stored, attempts }, source);
  }

  private async issueAndKeep(
    resource: PlacedResource,
    spec: CertificateSpec,
    context: DriverContext,
    before: Outcome,
    source: string,
  ): Promise<Outcome> {
    const { files, clock } = this.parts;
    try {
      const issued = await this.issue(resource, spec, context, () => this.noteOrder(resource, before));
      failpoint('certificate.issued');
      const stored = await files.keep(resource.uid, issued.chain, issued.privateKeyPem, source);
      const attempts = afterIssue(before.attempts, clock.now());
      failpoint('certificate.stored');
      if (spec.source.case === 'acme') await files.keepAttempts(resource.uid, attempts);
      failpoint('certificate.counted');
      return { stored, attempts };
    } catch (error) {
      if (error instanceof NotYet) return { ...before, waiting: error };
      // The key never stands in a message: none of these quotes what it was given.
      const reason = error instanceof AcmeFailure ? `ACME_${error.stage}` : 'ISSUE_FAILED';
      const message = readable(error);
      context.log('certificate not issued', { uid: resource.uid, reason, message });
      if (!(error instanceof AcmeFailure)) return { ...before, waiting: { reason, message } };
      const attempts = afterFailure(before.attempts, clock.now(), reason, message);
      await files.keepAttempts(resource.uid, attempts);
      return { stored: before.stored, attempts };
    }
  }

  private issue(
    resource: PlacedResource,
    spec: CertificateSpec,
    context: DriverContext,
    noteOrder: () => Promise<void>,
  ): Promise<Issued> | Issued {
    switch (spec.source.case) {
      case 'acme': {
        const { value } = spec.source;
        // Orders take minutes and run one after another: meanwhile the queue belongs to the others.
        return context.parked(() => issueAcme(resource, value, spec.domains, this.parts, noteOrder));
      }
      case 'selfSigned':
        return context.parked(() => issueSelfSigned(resource, spec.domains, this.parts));
      case 'upload':
        return issueUpload(spec.source.value, context);
      default:
        throw AppError.invalid('certificate.source', 'MISSING', 'say where the certificate comes from');
    }
  }

  /** Before the authority is asked: it counts an order whatever becomes of this process. */
  private async noteOrder({ uid }: PlacedResource, { attempts, stored }: Outcome): Promise<void> {
    const { files, clock } = this.parts;
    await files.keepAttempts(uid, withOrder(attempts, clock.now(), fingerprintOf(stored)));
    failpoint('certificate.order-noted');
  }

  private report(resource: PlacedResource, spec: CertificateSpec, outcome: Outcome): Reconciled {
    const { stored, attempts, waiting } = outcome;
    const now = this.parts.clock.now();
    const retryInMs = waiting ? NOT_YET_INTERVAL_MS : Math.max(1000, nextOrderAt(attempts, now) - now);
    if (!stored) {
      const reason = waiting?.reason ?? (attempts.lastReason || 'PENDING');
      const message = waiting?.message ?? (attempts.lastMessage || 'Not asked for yet.');
      return { conditions: missingConditions(reason, message, true), wakeAfterMs: retryInMs };
    }
    const renewal =
      spec.source.case === 'upload' ? Infinity : renewalAt(stored.chain, spec.renewBeforeHours, resource.uid);
    const dueInMs = stored.source === sourceOf(spec) && renewal > now ? renewal - now : retryInMs;
    return {
      conditions: conditionsOf(stored.chain, withWaiting(attempts, waiting), now),
      detail: { case: 'certificate', value: statusOf(stored, renewal) },
      output: outputOf(stored),
      wakeAfterMs: Math.min(dueInMs, CHECK_INTERVAL_MS),
    };
  }

  private async previewOne({ uid, resource }: PreviewChange): Promise<Pick<Previewed, 'files' | 'actions'>> {
    const stored = await this.parts.files.read(uid);
    if (!resource) {
      const path = stored?.certificatePath;
      const files = path ? [create(FileChangeSchema, { path, action: FileChange_Action.REMOVE })] : [];
      return { files, actions: [] };
    }
    const spec = checkCertificate(resource);
    if (stored?.source === sourceOf(spec)) return { files: [], actions: [] };
    const action = stored ? FileChange_Action.CHANGE : FileChange_Action.ADD;
    const path = stored?.certificatePath ?? `certificate ${resource.name}`;
    return { files: [create(FileChangeSchema, { path, action })], actions: [actionOf(spec)] };
  }
}

const fingerprintOf = (stored: StoredCertificate | undefined): string => stored?.chain.fingerprint ?? '';

function actionOf(spec: CertificateSpec): string {
  const names = spec.domains.join(', ');
  if (spec.source.case === 'acme')
    return `ask ${spec.source.value.directoryUrl || "Let's Encrypt"} for a certificate for ${names}`;
  return spec.source.case === 'upload'
    ? 'store the uploaded certificate'
    : `have a development certificate signed for ${names}`;
}

function withWaiting(attempts: Attempts, waiting: Outcome['waiting']): Attempts {
  if (!waiting) return attempts;
  return { ...attempts, failuresInARow: 1, lastReason: waiting.reason, lastMessage: waiting.message };
}

function statusOf(stored: StoredCertificate, renewalMs: number) {
  const { chain } = stored;
  return create(CertificateStatusSchema, {
    notBefore: timestampFromMs(chain.notBeforeMs),
    notAfter: timestampFromMs(chain.notAfterMs),
    fingerprint: chain.fingerprint,
    issuer: chain.issuer,
    domains: [...chain.domains],
    nextRenewalAt: Number.isFinite(renewalMs) ? timestampFromMs(renewalMs) : undefined,
  });
}

function outputOf(stored: StoredCertificate): Reconciled['output'] {
  const { chain, certificatePath, privateKeyPath } = stored;
  const { fingerprint, domains, notAfterMs } = chain;
  return { case: 'certificate', certificatePath, privateKeyPath, fingerprint, domains, notAfterMs };
}

function readable(error: unknown): string {
  if (!(error instanceof AcmeFailure)) return messageOf(error);
  const about = error.domain === '' ? '' : ` for ${error.domain}`;
  const what = {
    DIRECTORY: 'The authority cannot be reached',
    ACCOUNT: 'The authority refused the account',
    ORDER: 'The authority refused the order',
    CHALLENGE: `The authority could not validate the challenge${about}`,
    FINALIZE: 'The authority did not issue the certificate',
  }[error.stage];
  return `${what}: ${error.message}`;
}
