import { Permission, type Resource, type Server } from '@ostler/contracts';
import { X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useRefusal } from '../../api/session';
import { ButtonLink, IconButton } from '../../components/button';
import { Section } from '../../components/page';
import { StatusShape } from '../../components/status';
import { resourceHealth } from '../../lib/health';
import { isOwnSite, readyServers } from './first-site';

const HIDDEN_KEY = 'ostler.first-steps';

/** The way from nothing to a site of one's own, until there is one that is served or somebody puts it away. */
export function FirstSteps({ servers, sites }: { servers: readonly Server[]; sites: readonly Resource[] }) {
  const [isHidden, setHidden] = useState(() => localStorage.getItem(HIDDEN_KEY) !== null);
  const mayJoin = useRefusal(Permission.SERVERS_WRITE);
  const mayWrite = useRefusal(Permission.RESOURCES_WRITE);
  const own = sites.filter(isOwnSite);
  const isServed = own.some((site) => resourceHealth(site).state === 'ready');
  if (isHidden || isServed) return null;
  const hide = (): void => {
    localStorage.setItem(HIDDEN_KEY, 'hidden');
    setHidden(true);
  };
  const isConnected = readyServers(servers).length > 0;
  return (
    <Section
      title="First steps"
      actions={
        <IconButton label="Put the first steps away" onClick={hide}>
          <X className="size-4" />
        </IconButton>
      }
    >
      <ol className="flex flex-col gap-4 text-sm">
        <Step
          done={isConnected}
          title="Join a server"
          text="One command on a Debian or Ubuntu server. It needs no inbound port."
        >
          {!isConnected && (
            <ButtonLink to="/servers" hash="join" look="primary" refusal={mayJoin}>
              Join server
            </ButtonLink>
          )}
        </Step>
        <Step
          done={own.length > 0}
          title="Make a site of your own"
          text="A name, a domain and what the page says. nginx serves it within seconds."
        >
          {own.length === 0 && isConnected && (
            <ButtonLink to="/start" look="primary" refusal={mayWrite}>
              Make my first site
            </ButtonLink>
          )}
        </Step>
        <Step done={false} title="Open it" text="The address is shown as soon as its server serves it.">
          {own[0] && (
            <ButtonLink to="/start" search={{ site: own[0].meta?.name }} look="primary">
              See how far it is
            </ButtonLink>
          )}
        </Step>
      </ol>
    </Section>
  );
}

function Step({
  done,
  title,
  text,
  children,
}: {
  done: boolean;
  title: string;
  text: string;
  children: ReactNode;
}) {
  return (
    <li className="flex flex-wrap items-center gap-3">
      <StatusShape state={done ? 'ready' : 'unknown'} />
      <div className="min-w-0 grow basis-56">
        <p className="font-medium">
          {title}
          <span className="sr-only">{done ? ': done' : ''}</span>
        </p>
        <p className="text-ink-2">{text}</p>
      </div>
      {children}
    </li>
  );
}
