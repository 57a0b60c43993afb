import { create } from '@bufbuild/protobuf';
import { PlacementSchema } from '@ostler/contracts';
import { useState } from 'react';
import { useServers } from '../../../api/live';
import { SelectField } from '../../../components/field';
import { BoundLabels, BoundSelect } from '../../../components/form/bound';
import { FieldRow } from '../../../components/form/form-section';
import { countText } from '../../../lib/amounts';
import type { SitePartProps } from './site-fields';

const ways = [
  { value: 'server', label: 'On one server' },
  { value: 'selector', label: 'On servers with labels' },
] as const;

/** One server by name, or every server that carries some labels. */
export function PlacementFields({ spec, patch }: SitePartProps) {
  const servers = useServers();
  const { server = '', selector = {} } = spec.placement ?? {};
  const [way, setWay] = useState<(typeof ways)[number]['value']>(
    Object.keys(selector).length > 0 ? 'selector' : 'server',
  );
  const matching = servers.filter(({ labels }) =>
    Object.entries(selector).every(([key, value]) => labels[key] === value),
  );
  const place = (init: { server?: string; selector?: Record<string, string> }): void =>
    patch({ placement: create(PlacementSchema, init) });
  const names = servers.map(({ name }) => name);
  const options = [
    { value: '', label: 'Choose a server' },
    ...[...new Set([...names, server])].filter(Boolean).map((value) => ({ value, label: value })),
  ];
  return (
    <FieldRow>
      <SelectField
        label="Where it runs"
        value={way}
        options={[...ways]}
        onChange={(next) => {
          setWay(next);
          place({});
        }}
      />
      {way === 'server' ? (
        <BoundSelect
          label="Server"
          path="placement.server"
          also="placement"
          value={server}
          options={options}
          onChange={(next) => place({ server: next })}
        />
      ) : (
        <BoundLabels
          label="Labels that a server must carry"
          path="placement.selector"
          also="placement"
          value={selector}
          onChange={(next) => place({ selector: next })}
          help={
            Object.keys(selector).length > 0
              ? `Matches ${countText(matching.length, 'server')} now; servers that join with these labels take part.`
              : undefined
          }
        />
      )}
    </FieldRow>
  );
}
