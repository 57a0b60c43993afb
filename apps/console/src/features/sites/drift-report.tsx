import type { Resource } from '@ostler/contracts';
import { FileChanges, fileCountsText } from '../../components/diff-view';
import { Section } from '../../components/page';
import { Empty, Note } from '../../components/panels';
import { Time } from '../../components/time';

/** Managed files that somebody changed by hand, with the difference to what was declared. */
export function DriftReport({ site }: { site: Resource }) {
  const drifted = (site.status?.placementStatuses ?? []).filter(({ drift }) => drift.length > 0);
  if (drifted.length === 0)
    return <Empty title="No drift" text="Every managed file is as it was declared." />;
  return (
    <>
      <div className="mb-4">
        <Note>
          A managed file was changed by hand. It is left as it is while the drift policy is "report". Put the
          change into the site, or set the policy to "enforce" to have it put back.
        </Note>
      </div>
      {drifted.map((placement) => (
        <Section
          key={placement.serverUid}
          title={placement.serverName}
          text={
            <>
              {fileCountsText(placement.drift)}, seen <Time at={placement.reportedAt} />
            </>
          }
        >
          <FileChanges files={placement.drift} />
        </Section>
      ))}
    </>
  );
}
