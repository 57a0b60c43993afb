import { create } from '@bufbuild/protobuf';
import { DriftPolicy, ErrorReason, Kind, SiteStatusSchema, type SiteSpec } from '@ostler/contracts';
import { AppError, messageOf, type Clock, type ResourceUid } from '@ostler/kernel';
import type { Files } from '../../host/fs';
import type { Net } from '../../host/net';
import type {
  CertificateOutput,
  Driver,
  DriverContext,
  PlacedResource,
  PreviewChange,
  Previewed,
  Reconciled,
} from '../../reconcile/driver.port';
import type { Contribution, NginxTarget, Outcome, ServerFacts } from '../../targets/nginx';
import { checkSite } from './check';
import { condition, degradedConditions, driftConditions, readyCondition, urlsOf } from './conditions';
import { checkFolders, handlersOf, missingSockets } from './folders';
import { hashPasswords, passwordInputs } from './passwords';
import { DEFAULT_SITE_POLICY, type SitePolicy } from './policy';
import { renderSite } from './render/site';
import { UpstreamWatch } from './upstream-watch.loop';

const RETRY_MS = 20_000;

export interface SiteDriverParts {
  readonly target: NginxTarget;
  readonly net: Net;
  readonly files: Files;
  readonly clock: Clock;
  readonly policy?: SitePolicy;
  /** What the server's administrator allows now; absent: the roots of the policy. */
  readonly localRoots?: () => { readonly roots: readonly string[]; readonly source: string };
}

interface Planned {
  readonly contribution: Contribution;
  readonly missingCertificate: string | undefined;
}

/** Keeps a site served by nginx as its spec says. */
export class SiteDriver implements Driver {
  readonly kind = Kind.SITE;
  private readonly watch: UpstreamWatch;
  /** nginx's own ports join the policy once nginx is found: an upstream there would ask itself. */
  private policy: SitePolicy;

  constructor(private readonly parts: SiteDriverParts) {
    this.policy = parts.policy ?? DEFAULT_SITE_POLICY;
    this.watch = new UpstreamWatch({ net: parts.net, clock: parts.clock, policy: () => this.policy });
  }

  /** What this server's administrator allows may change: that is looked at with each run, and does not refuse a body. */
  check(resource: PlacedResource): void {
    checkSite(specOf(resource), this.parts.localRoots ? { ...this.policy, roots: ['/'] } : this.policy);
  }

  async reconcile(resource: PlacedResource, context: DriverContext): Promise<Reconciled> {
    const { target, files } = this.parts;
    const spec = specOf(resource);
    const facts = await this.prepare();
    if ('reason' in facts) return failed(facts.reason, facts.message);
    const forbidden = this.forbidden(spec);
    if (forbidden !== undefined)
      return failed('POLICY_REFUSED', `${forbidden} What it served before goes on.`);
    await checkFolders(spec, this.policy, files);
    await this.watch.follow(resource.uid, spec, wakerOf(resource.uid, context));
    const planned = await this.plan(resource, spec, facts, context);
    if ('pending' in planned) return failed('SECRET_PENDING', planned.pending);
    const served = target.isServed(resource.uid);
    const outcome = await context.parked(() => target.submit(planned.contribution));
    const drift = outcome.committed ? await target.observeDrift(resource.uid, planned.contribution) : [];
    const enforced = drift.length > 0 && spec.driftPolicy === DriftPolicy.ENFORCE;
    if (enforced) await context.parked(() => target.enforce(resource.uid, planned.contribution));
    const health = this.watch.health(resource.uid);
    return {
      conditions: [
        readyCondition(outcome, served, planned.missingCertificate),
        ...degradedConditions(health, await missingSockets(spec, files)),
        ...driftConditions(drift, enforced),
      ],
      detail: { case: 'site', value: this.status(spec, facts, outcome, planned, resource.uid) },
      drift: enforced ? [] : drift,
      wakeAfterMs: outcome.committed ? undefined : RETRY_MS,
    };
  }

  async remove(uid: ResourceUid, context: DriverContext): Promise<void> {
    this.watch.forget(uid);
    const outcome = await context.parked(() => this.parts.target.remove(uid));
    // Asked for again with back-off: a tombstone is done when nothing of the site is served.
    if (!outcome.committed) throw new AppError(ErrorReason.UNAVAILABLE, outcome.message);
  }

  async preview(changes: readonly PreviewChange[], context: DriverContext): Promise<Previewed> {
    const facts = await this.prepare();
    if ('reason' in facts) return { valid: false, message: facts.message, files: [], actions: [] };
    const planned = new Map<string, { contribution?: Contribution }>();
    try {
      for (const { uid, resource } of changes)
        planned.set(uid, resource ? await this.planChange(resource, facts, context) : {});
    } catch (error) {
      return { valid: false, message: messageOf(error), files: [], actions: [] };
    }
    const { problem, files } = await this.parts.target.preview(planned);
    const actions = files.length === 0 ? [] : ['test the configuration of nginx', 'reload nginx'];
    return { valid: problem === undefined, message: problem ?? '', files, actions };
  }

  /** Ends what is watched; what is served goes on. */
  stop(): void {
    this.watch.stop();
  }

  private async prepare() {
    const facts = await this.parts.target.prepare();
    const base = { ...(this.parts.policy ?? DEFAULT_SITE_POLICY), ...this.localRoots() };
    if (!('reason' in facts))
      this.policy = {
        ...base,
        refusedLocalPorts: [...base.refusedLocalPorts, facts.httpPort, facts.httpsPort],
      };
    return facts;
  }

  private localRoots(): Pick<SitePolicy, 'roots' | 'rootsFrom'> | undefined {
    const local = this.parts.localRoots?.();
    return local && { roots: local.roots, rootsFrom: local.source };
  }

  /** What the administrator does not allow; @throws AppError for everything else that is wrong with it. */
  private forbidden(spec: SiteSpec): string | undefined {
    try {
      checkSite(spec, this.policy);
      return undefined;
    } catch (error) {
      if (!(error instanceof AppError) || !this.parts.localRoots) throw error;
      const others = error.violations.filter(({ reason }) => reason !== 'OUTSIDE_POLICY');
      if (others.length > 0 || error.violations.length === 0) throw error;
      return error.message;
    }
  }

  private async planChange(
    resource: PlacedResource,
    facts: ServerFacts,
    context: DriverContext,
  ): Promise<{ contribution: Contribution }> {
    const spec = specOf(resource);
    checkSite(spec, this.policy);
    await checkFolders(spec, this.policy, this.parts.files);
    // A preview leaves no watch behind, and a secret that is not here yet is shown as a changed password.
    const watch = new UpstreamWatch({
      net: this.parts.net,
      clock: this.parts.clock,
      policy: () => this.policy,
    });
    try {
      await watch.follow(resource.uid, spec, () => undefined);
      const { target } = this.parts;
      const passwords = await hashPasswords(spec, target.liveInputs(resource.uid), (uid, version) =>
        context.secret(uid, version),
      );
      return {
        contribution: await this.render(
          resource,
          spec,
          facts,
          context,
          passwords.ready ? passwords.hashes : {},
          watch,
        ),
      };
    } finally {
      watch.stop();
    }
  }

  private async plan(
    resource: PlacedResource,
    spec: SiteSpec,
    facts: ServerFacts,
    context: DriverContext,
  ): Promise<Planned | { pending: string }> {
    const live = this.parts.target.liveInputs(resource.uid);
    const passwords = await hashPasswords(spec, live, (uid, version) => context.secret(uid, version));
    if (!passwords.ready) return { pending: passwords.message };
    const contribution = await this.render(resource, spec, facts, context, passwords.hashes, this.watch);
    const isMissing = spec.tls !== undefined && certificateOf(resource, spec, context) === undefined;
    return { contribution, missingCertificate: isMissing ? (spec.tls?.certificate?.name ?? '') : undefined };
  }

  private async render(
    resource: PlacedResource,
    spec: SiteSpec,
    facts: ServerFacts,
    context: DriverContext,
    passwords: Readonly<Record<string, string>>,
    watch: UpstreamWatch,
  ): Promise<Contribution> {
    const certificate = certificateOf(resource, spec, context);
    const releases = await fetchReleases(spec, context);
    const upstreams = watch.addresses(resource.uid);
    const contribution = renderSite(resource, spec, { upstreams, certificate, releases, passwords }, facts);
    return { ...contribution, inputs: { ...contribution.inputs, ...passwordInputs(passwords) } };
  }

  private status(spec: SiteSpec, facts: ServerFacts, outcome: Outcome, planned: Planned, uid: string) {
    const encrypted = planned.contribution.probes.some((probe) => probe.tls);
    const answer = spec.handler?.answer;
    return create(SiteStatusSchema, {
      urls: outcome.committed ? urlsOf(spec, facts, encrypted) : [],
      release: outcome.committed && answer?.case === 'staticFiles' ? answer.value.release : '',
      upstreams: this.watch.health(uid),
    });
  }
}

/** Made apart: a closure keeps all that its function's closures use, and this one outlives the run and its plan. */
function wakerOf(uid: ResourceUid, context: DriverContext): () => void {
  return () => context.wake(uid);
}

function failed(reason: string, message: string): Reconciled {
  return { conditions: [condition('Ready', false, reason, message)], wakeAfterMs: RETRY_MS };
}

function specOf(resource: PlacedResource): SiteSpec {
  if (resource.spec.case === 'site') return resource.spec.value;
  throw AppError.invalid('spec', 'KIND', 'is not a Site.');
}

function certificateOf(
  resource: PlacedResource,
  spec: SiteSpec,
  context: DriverContext,
): CertificateOutput | undefined {
  const name = spec.tls?.certificate?.name;
  const edge = resource.edges.find((known) => known.kind === Kind.CERTIFICATE && known.name === name);
  const output = edge && context.output(edge.uid);
  return output?.case === 'certificate' ? output : undefined;
}

async function fetchReleases(spec: SiteSpec, context: DriverContext): Promise<Record<string, string>> {
  const digests = handlersOf(spec).flatMap(({ handler }) =>
    handler?.answer.case === 'staticFiles' && handler.answer.value.release !== ''
      ? [handler.answer.value.release]
      : [],
  );
  const folders: Record<string, string> = {};
  for (const digest of new Set(digests)) folders[digest] = await context.release(digest);
  return folders;
}
