import { create } from '@bufbuild/protobuf';
import { Permission, type Release, type Resource, StaticFilesSchema } from '@ostler/contracts';
import { withoutOutput } from '@ostler/resource-model';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLiveStore } from '../../../api/live';
import { useOstler } from '../../../api/ostler';
import { useRefusal } from '../../../api/session';
import { Button } from '../../../components/button';
import { CopyBlock } from '../../../components/copy';
import { Dialog } from '../../../components/dialog';
import { ErrorPanel } from '../../../components/panels';
import { useToasts } from '../../../components/toast';
import { countText } from '../../../lib/amounts';
import { nameOf } from '../../../lib/kinds';
import { siteSpecOf } from '../../../lib/sites';
import { PublishFolder } from './publish-folder';

/** Publishes a folder and makes the site serve it. */
export function PublishDialog({ site, onClose }: { site: Resource; onClose: () => void }) {
  const ostler = useOstler();
  const store = useLiveStore();
  const { say } = useToasts();
  const refusal = useRefusal(Permission.RESOURCES_WRITE);
  const [release, setRelease] = useState<Release>();
  const answer = siteSpecOf(site)?.handler?.answer;
  const present = answer?.case === 'staticFiles' ? answer.value : undefined;
  const servers = countText(site.status?.placements ?? 0, 'server');
  const serve = useMutation({
    mutationFn: (digest: string) =>
      ostler.resources.apply({ requestId: newRequestId(), resources: [serving(site, digest)] }),
    onSuccess: ({ results }) => {
      store.put(results[0]?.resource);
      say(`${nameOf(site)} is being set to the new release on ${servers}.`);
      onClose();
    },
  });
  const isServed = release !== undefined && release.digest === present?.release;
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title={`Publish to ${nameOf(site)}`}
      text="Every file is checked and sent first. The site changes at the end, in one step, and its revisions lead back."
      footer={
        <>
          <Button onClick={onClose}>{isServed ? 'Close' : 'Cancel'}</Button>
          <Button
            look="primary"
            busy={serve.isPending}
            refusal={
              refusal ??
              (release ? undefined : 'Publish a folder first.') ??
              (isServed ? 'The site serves this release already.' : undefined)
            }
            onClick={() => release && serve.mutate(release.digest)}
          >
            Serve it on {servers}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 text-sm">
        <PublishFolder onPublished={setRelease} refusal={refusal} />
        {present?.root && (
          <p className="text-ink-2">
            The site serves <code className="font-mono text-xs break-all">{present.root}</code> of its servers
            now. With a release it serves that instead; the folder stays as it is.
          </p>
        )}
        {serve.isError && <ErrorPanel error={serve.error} />}
        <div>
          <p className="text-ink-3 mb-1 text-xs">The same from a terminal</p>
          <CopyBlock label="Copy the command" text={`ostler site publish DIR --site ${nameOf(site)}`} />
        </div>
      </div>
    </Dialog>
  );
}

/** The site with another release; all else as it is. */
function serving(site: Resource, release: string): Resource {
  const next = withoutOutput(site);
  const answer = siteSpecOf(next)?.handler?.answer;
  if (answer?.case === 'staticFiles') {
    answer.value = create(StaticFilesSchema, { ...answer.value, root: '', release });
  }
  return next;
}
