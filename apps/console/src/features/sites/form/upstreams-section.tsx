import { create } from '@bufbuild/protobuf';
import {
  HealthCheckSchema,
  type Upstream,
  Upstream_Balance as Balance,
  UpstreamSchema,
  type UpstreamServer,
  UpstreamServerSchema,
} from '@ostler/contracts';
import { CheckField } from '../../../components/field';
import { BoundCheck, BoundNumber, BoundSelect, BoundText } from '../../../components/form/bound';
import { FieldRow, FormSection } from '../../../components/form/form-section';
import { ListEditor } from '../../../components/form/list-editor';
import { HealthCheckFields } from './health-check-fields';
import type { SitePartProps } from './site-fields';

const balances = [
  { value: Balance.UNSPECIFIED, label: 'In turn (default)' },
  { value: Balance.ROUND_ROBIN, label: 'In turn' },
  { value: Balance.LEAST_CONNECTIONS, label: 'To the least busy' },
  { value: Balance.CLIENT_ADDRESS, label: 'By client address' },
];

export function UpstreamsSection({ spec, patch }: SitePartProps) {
  const isProxy = [spec.handler, ...spec.paths.map(({ handler }) => handler)].some(
    (one) => one?.answer.case === 'proxy',
  );
  const summary = spec.upstreams.map(({ name, servers }) => `${name} (${servers.length})`).join(', ');
  return (
    <FormSection
      title="Upstreams"
      purpose="Where a reverse proxy passes requests to, with weights and active health checks."
      summary={isProxy ? undefined : summary}
      paths={['upstreams']}
    >
      <ListEditor
        items={spec.upstreams}
        onChange={(upstreams) => patch({ upstreams })}
        path="upstreams"
        one="upstream"
        framed
        make={() =>
          create(UpstreamSchema, {
            name: spec.upstreams.length === 0 ? 'app' : '',
            servers: [{ port: 3000 }],
          })
        }
      >
        {(upstream, change, path) => <UpstreamFields value={upstream} onChange={change} path={path} />}
      </ListEditor>
    </FormSection>
  );
}

function UpstreamFields({
  value,
  onChange,
  path,
}: {
  value: Upstream;
  onChange: (value: Upstream) => void;
  path: string;
}) {
  const patch = (change: Partial<Upstream>): void => onChange({ ...value, ...change });
  return (
    <div className="flex flex-col gap-4">
      <FieldRow columns={3}>
        <BoundText
          label="Name"
          mono
          path={`${path}.name`}
          value={value.name}
          onChange={(name) => patch({ name })}
        />
        <BoundSelect
          label="Requests go"
          path={`${path}.balance`}
          value={value.balance}
          options={balances}
          onChange={(balance) => patch({ balance })}
        />
        <BoundNumber
          label="Idle connections kept"
          placeholder="16"
          max={1024}
          path={`${path}.keepalive`}
          value={value.keepalive}
          onChange={(keepalive) => patch({ keepalive })}
        />
      </FieldRow>
      <div>
        <p className="mb-1 text-xs font-medium">Servers of this upstream</p>
        <ListEditor
          items={value.servers}
          onChange={(servers) => patch({ servers })}
          path={`${path}.servers`}
          one="server"
          make={() => create(UpstreamServerSchema, { port: value.servers.at(-1)?.port ?? 3000 })}
        >
          {(server, change, at) => <ServerFields value={server} onChange={change} path={at} />}
        </ListEditor>
      </div>
      <BoundCheck
        label="Speak TLS to the upstream"
        path={`${path}.https`}
        checked={value.https}
        onChange={(https) => patch({ https })}
      />
      <CheckField
        label="Check health actively"
        help="Without it, a server counts as healthy until requests to it fail."
        checked={value.healthCheck !== undefined}
        onChange={(on) => patch({ healthCheck: on ? create(HealthCheckSchema, { path: '/' }) : undefined })}
      />
      {value.healthCheck && (
        <HealthCheckFields
          value={value.healthCheck}
          onChange={(healthCheck) => patch({ healthCheck })}
          path={`${path}.healthCheck`}
        />
      )}
    </div>
  );
}

function ServerFields({
  value,
  onChange,
  path,
}: {
  value: UpstreamServer;
  onChange: (value: UpstreamServer) => void;
  path: string;
}) {
  const patch = (change: Partial<UpstreamServer>): void => onChange({ ...value, ...change });
  return (
    <div className="grid grid-cols-2 items-end gap-3 sm:grid-cols-[minmax(0,3fr)_6rem_6rem_auto]">
      <div className="col-span-2 sm:col-span-1">
        <BoundText
          label="Address or name"
          mono
          path={`${path}.host`}
          placeholder="10.0.0.11"
          value={value.host}
          onChange={(host) => patch({ host })}
        />
      </div>
      <BoundNumber
        label="Port"
        max={65_535}
        path={`${path}.port`}
        value={value.port}
        onChange={(port) => patch({ port })}
      />
      <BoundNumber
        label="Weight"
        placeholder="1"
        max={1000}
        path={`${path}.weight`}
        value={value.weight}
        onChange={(weight) => patch({ weight })}
      />
      <div className="pb-1.5">
        <BoundCheck
          label="Backup"
          path={`${path}.backup`}
          checked={value.backup}
          onChange={(backup) => patch({ backup })}
        />
      </div>
    </div>
  );
}
