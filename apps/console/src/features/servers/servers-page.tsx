import { Permission } from '@ostler/contracts';
import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { useServers } from '../../api/live';
import { useRefusal } from '../../api/session';
import { Button } from '../../components/button';
import { ListBody } from '../../components/list-body';
import { Page } from '../../components/page';
import { Empty } from '../../components/panels';
import { JoinDialog } from './join-dialog';
import { ServerTable } from './server-table';
import { WaitingRoom } from '../../components/waiting-room';

export function ServersPage() {
  const servers = useServers();
  const refusal = useRefusal(Permission.SERVERS_WRITE);
  const { hash } = useLocation();
  const navigate = useNavigate();
  const show = (open: boolean): void =>
    void navigate({ to: '.', search: true, hash: open ? 'join' : '', replace: true });
  const join = (
    <Button look="primary" refusal={refusal} onClick={() => show(true)}>
      Join server
    </Button>
  );
  return (
    <Page
      title="Servers"
      sub={
        <span className="flex flex-wrap gap-x-4">
          <Link to="/agents" className="link">
            Agent versions
          </Link>
          <Link to="/settings" search={{ tab: 'join' }} className="link">
            Join tokens
          </Link>
        </span>
      }
      actions={join}
    >
      <WaitingRoom />
      <div className="card">
        <ListBody>
          {servers.length === 0 ? (
            <Empty
              title="No server has joined"
              text="A server runs what you declare. It joins with one command and needs no inbound port."
              action={join}
              command="ostler join-tokens create"
            />
          ) : (
            <ServerTable servers={servers} />
          )}
        </ListBody>
      </div>
      {hash === 'join' && refusal === undefined && <JoinDialog onClose={() => show(false)} />}
    </Page>
  );
}
