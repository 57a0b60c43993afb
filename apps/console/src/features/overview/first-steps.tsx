import { Permission } from '@ostler/contracts';
import { useRefusal } from '../../api/session';
import { ButtonLink } from '../../components/button';
import { Section } from '../../components/page';
import { StatusShape } from '../../components/status';

/** The way from nothing to a site of one's own. */
export function FirstSteps({ servers, sites }: { servers: number; sites: number }) {
  const mayJoin = useRefusal(Permission.SERVERS_WRITE);
  const mayWrite = useRefusal(Permission.RESOURCES_WRITE);
  return (
    <Section title="First steps">
      <ol className="flex flex-col gap-4 text-sm">
        <li className="flex flex-wrap items-center gap-3">
          <StatusShape state={servers > 0 ? 'ready' : 'unknown'} />
          <div className="min-w-0 grow">
            <p className="font-medium">Join a server</p>
            <p className="text-ink-2">One command on a Debian or Ubuntu server. It needs no inbound port.</p>
          </div>
          {servers === 0 && (
            <ButtonLink to="/servers" hash="join" look="primary" refusal={mayJoin}>
              Join server
            </ButtonLink>
          )}
        </li>
        <li className="flex flex-wrap items-center gap-3">
          <StatusShape state={sites > 0 ? 'ready' : 'unknown'} />
          <div className="min-w-0 grow">
            <p className="font-medium">Create a site</p>
            <p className="text-ink-2">Static files, a reverse proxy, PHP or a redirect, served by nginx.</p>
          </div>
          {servers > 0 && (
            <ButtonLink to="/new/site" look="primary" refusal={mayWrite}>
              Create site
            </ButtonLink>
          )}
        </li>
      </ol>
    </Section>
  );
}
