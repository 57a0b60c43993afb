import type { LocalPolicy, Server } from '@ostler/contracts';
import { CopyText } from '../../components/copy';
import { Facts, Section } from '../../components/page';

/** What the server's own administrator allows: a bound that nothing here can move. */
export function LocalPolicyCard({ server: { localPolicy } }: { server: Server }) {
  return (
    <Section
      title="Local policy"
      text="What its own administrator allows. The agent refuses the rest; nothing here can change it."
    >
      {localPolicy ? (
        <Policy policy={localPolicy} />
      ) : (
        <p className="text-ink-2 text-sm">The agent has not reported a policy.</p>
      )}
    </Section>
  );
}

function Policy({ policy }: { policy: LocalPolicy }) {
  const { path, present, allowedRoots, packageInstalls, exec, selfUpdate, kinds, problem } = policy;
  return (
    <Facts
      pairs={[
        [
          'File',
          <span key="file">
            <CopyText text={path} />
            {!present && <span className="text-ink-2"> is not there: these are the defaults</span>}
            {problem && (
              <span className="text-failed-text block">
                It does not count, so little is allowed: {problem}
              </span>
            )}
          </span>,
        ],
        [
          'Roots of files',
          allowedRoots.length > 0 ? (
            <span key="roots" className="font-mono text-xs break-all">
              {allowedRoots.join(' ')}
            </span>
          ) : (
            ''
          ),
        ],
        ['Package installs', allowed(packageInstalls)],
        ['Commands and shells', allowed(exec)],
        ['Update of the agent', allowed(selfUpdate)],
        ['Kinds', kindsText(kinds)],
      ]}
    />
  );
}

function allowed(yes: boolean): string {
  return yes ? 'allowed' : 'forbidden';
}

function kindsText(kinds: readonly string[]): string {
  return kinds.length > 0 ? kinds.join(', ').toLowerCase() : 'every kind';
}
