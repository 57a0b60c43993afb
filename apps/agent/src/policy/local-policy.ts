import { create } from '@bufbuild/protobuf';
import { type Kind, type LocalPolicyReport, LocalPolicyReportSchema } from '@ostler/contracts';
import { type Clock, messageOf, type Timer } from '@ostler/kernel';
import type { Files } from '../host/fs';
import type { Log } from '../telemetry';
import { parsePolicy } from './parse-policy';
import { CLOSED_POLICY, DEFAULT_POLICY, nameOfKind, type PolicyKey, type ReadPolicy } from './policy';

export interface LocalPolicyDeps {
  readonly files: Pick<Files, 'state' | 'read'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly path?: string;
}

const PATH = '/etc/ostler/policy';
const MOST_BYTES = 65_536;
const LOOK_AGAIN_MS = 60_000;
const MOST_PROBLEM_CHARACTERS = 500;

/**
 * The file in which the administrator of this server bounds what the control plane may ask. It is read again every
 * minute and before each hello; nothing of the agent writes it. A file that cannot be followed allows nothing that it
 * could allow: a mistyped bound must not be none.
 */
export class LocalPolicy {
  private readonly path: string;
  private readonly listeners: (() => void)[] = [];
  private timer: Timer | undefined;
  private policy: ReadPolicy;

  constructor(private readonly deps: LocalPolicyDeps) {
    this.path = deps.path ?? PATH;
    this.policy = this.closed('it has not been read yet');
  }

  /** Reads it now, and from now on every minute. */
  async start(): Promise<void> {
    await this.refresh();
    this.timer = this.deps.clock.after(LOOK_AGAIN_MS, () => void this.start());
  }

  stop(): void {
    this.timer?.cancel();
  }

  /** Called after what is allowed has changed. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  async refresh(): Promise<void> {
    const before = JSON.stringify(this.policy);
    this.policy = await this.read().catch((error: unknown) => this.closed(messageOf(error)));
    if (JSON.stringify(this.policy) === before) return;
    const { present, problem } = this.policy;
    if (problem) this.deps.log.warn(`${this.path} is not followed, so nothing is allowed: ${problem}`);
    else this.deps.log.info(present ? `${this.path} bounds this agent` : `${this.path} is not there`);
    for (const listener of this.listeners) listener();
  }

  /** Folders for the content of sites, and who says so. */
  roots(): { readonly roots: readonly string[]; readonly source: string } {
    return { roots: this.policy.allowedRoots, source: this.sourceOf('allowed_roots') };
  }

  /** Why this is refused; undefined when it is allowed. */
  refuses(what: 'package_installs' | 'exec' | 'self_update'): string | undefined {
    const { packageInstalls, exec, selfUpdate } = this.policy;
    const allowed = { package_installs: packageInstalls, exec, self_update: selfUpdate }[what];
    return allowed
      ? undefined
      : `The administrator of this server does not allow it: ${this.sourceOf(what)}.`;
  }

  refusesKind(kind: Kind): string | undefined {
    if (this.policy.kinds?.includes(kind) ?? true) return undefined;
    return `The administrator of this server does not allow ${nameOfKind(kind)} here: ${this.sourceOf('kinds')}. What it served before goes on.`;
  }

  report(): LocalPolicyReport {
    const { path, present, problem, allowedRoots, packageInstalls, exec, selfUpdate, kinds } = this.policy;
    return create(LocalPolicyReportSchema, {
      path,
      present,
      problem,
      allowedRoots: allowedRoots.slice(0, MOST_LISTED),
      packageInstalls,
      exec,
      selfUpdate,
      // Empty says every kind.
      kinds: kinds?.length === 0 ? ['none'] : (kinds ?? []).map(nameOfKind),
    });
  }

  private async read(): Promise<ReadPolicy> {
    const { path } = this;
    const state = await this.deps.files.state(path);
    if (!state) return { ...DEFAULT_POLICY, path, present: false, problem: '', lines: {} };
    if (state.kind !== 'file') return this.closed(`it is a ${state.kind} and no file`);
    if (state.uid !== 0) return this.closed(`it belongs to user ${state.uid} and not to root`);
    if ((state.mode & 0o022) !== 0) return this.closed('others than root can write it: chmod go-w');
    if (state.size > MOST_BYTES)
      return this.closed(`it has ${state.size} bytes, at most ${MOST_BYTES} are read`);
    const unsafe = await this.unsafeFolder();
    if (unsafe) return this.closed(unsafe);
    const text = Buffer.from((await this.deps.files.read(path, MOST_BYTES)) ?? []).toString('utf8');
    const parsed = parsePolicy(text);
    if (!parsed.good) return this.closed(parsed.problem);
    return { ...parsed.policy, path, present: true, problem: '', lines: parsed.lines };
  }

  /** Who can write its folder can put another file in its place. */
  private async unsafeFolder(): Promise<string | undefined> {
    const folder = this.path.slice(0, this.path.lastIndexOf('/'));
    const state = await this.deps.files.state(folder);
    if (state?.kind === 'folder' && state.uid === 0 && (state.mode & 0o022) === 0) return undefined;
    return `${folder} is not a folder that root alone can write`;
  }

  private closed(why: string): ReadPolicy {
    const problem = why.slice(0, MOST_PROBLEM_CHARACTERS);
    return { ...CLOSED_POLICY, path: this.path, present: true, problem, lines: {} };
  }

  private sourceOf(key: PolicyKey): string {
    const { problem, present, lines, path } = this.policy;
    if (problem) return `${path} cannot be followed (${problem})`;
    const line = lines[key];
    if (line !== undefined) return `${key} in ${path}, line ${line}`;
    return present ? `${key} is not in ${path}` : `there is no ${path}`;
  }
}

const MOST_LISTED = 64;
