import { create } from '@bufbuild/protobuf';
import { newRequestId } from '@ostler/sdk';
import { AppError } from '@ostler/kernel';
import { ErrorReason, HandlerSchema, Kind, type Resource, StaticFilesSchema } from '@ostler/contracts';
import { withoutOutput } from '@ostler/resource-model';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { waitUntilReady } from '../resources/wait';
import { publishFolder } from './release';

interface PublishOptions {
  readonly site: string;
  readonly wait?: boolean;
  readonly timeout: string;
}

export function siteCommands(program: Command, context: CommandContext): void {
  const site = program.command('site').description('Publish the content of static sites.');
  site
    .command('publish <folder>')
    .description('Publish a folder as a new release of a site and switch to it.')
    .requiredOption('--site <name>', 'the site')
    .option('--wait', 'wait until it is served')
    .option('--timeout <seconds>', 'how long to wait', '120')
    .action((folder: string, options: PublishOptions) => publish(context, folder, options));
}

async function publish(context: CommandContext, folder: string, options: PublishOptions): Promise<void> {
  const ostler = context.ostler();
  const { resource } = await ostler.resources.get({ kind: Kind.SITE, name: options.site });
  if (!resource) throw AppError.notFound(`site/${options.site}`);
  const release = await publishFolder(ostler, folder);
  const answer = await ostler.resources.apply({
    requestId: newRequestId(),
    resources: [withRelease(resource, release.digest)],
  });
  const generation = answer.results[0]?.resource?.meta?.generation ?? 0n;
  context.print(
    `${release.files} ${release.files === 1 ? 'file' : 'files'}, ${release.bytes} bytes: ${release.digest}`,
  );
  context.print(
    `site/${options.site} is at generation ${generation}. To go back: ostler revert site ${options.site} --to ${resource.meta?.generation}`,
  );
  if (options.wait) {
    await waitUntilReady(
      context,
      [{ kind: Kind.SITE, name: options.site, generation }],
      Number(options.timeout),
    );
  }
}

/**
 * The same site with its content replaced. A fixed response is replaced, too: that is how a site begins which has no
 * content yet. Refused when a program or a redirect answers `/`.
 */
function withRelease(resource: Resource, digest: string): Resource {
  const changed = withoutOutput(resource);
  const spec = changed.spec.case === 'site' ? changed.spec.value : undefined;
  const answer = spec?.handler?.answer;
  if (!spec || !isContent(answer?.case)) {
    throw new AppError(
      ErrorReason.INVALID,
      `The site answers / with ${answer?.case}, not with static files. Change spec.handler to staticFiles first.`,
    );
  }
  const staticFiles = answer?.case === 'staticFiles' ? answer.value : create(StaticFilesSchema);
  staticFiles.root = '';
  staticFiles.release = digest;
  spec.handler = create(HandlerSchema, { answer: { case: 'staticFiles', value: staticFiles } });
  return changed;
}

function isContent(answer: string | undefined): boolean {
  return answer === undefined || answer === 'staticFiles' || answer === 'fixedResponse';
}
