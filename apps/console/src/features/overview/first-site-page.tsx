import { useSearch } from '@tanstack/react-router';
import { useServers } from '../../api/live';
import { ButtonLink } from '../../components/button';
import { ListBody } from '../../components/list-body';
import { Page, Section } from '../../components/page';
import { Empty } from '../../components/panels';
import { readyServers } from './first-site';
import { FirstSiteForm } from './first-site-form';
import { FirstSiteLive } from './first-site-live';

/** From nothing to a page of one's own that is open in the browser. */
export function FirstSitePage() {
  const { site } = useSearch({ from: '/start' });
  return (
    <Page
      title="Your first site"
      sub="A page of your own, served by nginx on a server of yours. It takes a minute."
      wide={false}
    >
      <ListBody>{site === undefined ? <Begin /> : <FirstSiteLive name={site} />}</ListBody>
    </Page>
  );
}

function Begin() {
  const servers = readyServers(useServers());
  if (servers.length > 0) return <FirstSiteForm servers={servers} />;
  return (
    <Section title="1. A server">
      <Empty
        title="No server is connected yet"
        text="Run one command on a Debian or Ubuntu server. This page goes on by itself when it is connected."
        action={
          <ButtonLink to="/servers" hash="join" look="primary">
            Join server
          </ButtonLink>
        }
        command="ostler join-tokens create"
      />
    </Section>
  );
}
