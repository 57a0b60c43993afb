import type { Proxy, Upstream } from '@ostler/contracts';
import { BoundCheck, BoundSelect, BoundText } from '../../../components/form/bound';
import { FieldRow } from '../../../components/form/form-section';
import { HeadersEditor } from './headers-editor';

export function ProxyFields({
  value,
  onChange,
  path,
  upstreams,
}: {
  value: Proxy;
  onChange: (value: Proxy) => void;
  path: string;
  upstreams: readonly Upstream[];
}) {
  const patch = (change: Partial<Proxy>): void => onChange({ ...value, ...change });
  const names = [...new Set([...upstreams.map(({ name }) => name), value.upstream])].filter(Boolean);
  const options = [
    { value: '', label: names.length === 0 ? 'Add an upstream below' : 'Choose an upstream' },
    ...names.map((name) => ({ value: name, label: name })),
  ];
  return (
    <>
      <FieldRow>
        <BoundSelect
          label="Upstream"
          path={`${path}.upstream`}
          value={value.upstream}
          options={options}
          onChange={(upstream) => patch({ upstream })}
        />
        <BoundText
          label="Host sent to the upstream"
          optional
          mono
          path={`${path}.host`}
          placeholder="the one asked for"
          value={value.host}
          onChange={(host) => patch({ host })}
        />
      </FieldRow>
      <FieldRow>
        <BoundCheck
          label="Let connections upgrade to WebSocket"
          path={`${path}.websocket`}
          checked={value.websocket}
          onChange={(websocket) => patch({ websocket })}
        />
        <BoundCheck
          label="Pass bytes on as they come"
          help="For server-sent events; otherwise responses are buffered."
          path={`${path}.unbuffered`}
          checked={value.unbuffered}
          onChange={(unbuffered) => patch({ unbuffered })}
        />
      </FieldRow>
      <div>
        <p className="mb-1 text-xs font-medium">Request headers towards the upstream</p>
        <HeadersEditor
          headers={value.requestHeaders}
          onChange={(requestHeaders) => patch({ requestHeaders })}
          path={`${path}.requestHeaders`}
        />
      </div>
    </>
  );
}
