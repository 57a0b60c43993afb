import type { AgentReleaseInfo, SavedSelector, Server } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useLiveStore, useServers } from '../../api/live';
import { useOstler } from '../../api/ostler';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { SelectField, TextField } from '../../components/field';
import { ErrorPanel } from '../../components/panels';
import { countText } from '../../lib/amounts';
import { hasLabels } from '../../lib/selectors';
import { useSelectors } from '../../api/selectors';
import { parseStages, STAGES_HELP } from './stages';

/** Brings some servers to a release, stage by stage. */
export function UpdateDialog({
  releases,
  onClose,
}: {
  releases: readonly AgentReleaseInfo[];
  onClose: () => void;
}) {
  const ostler = useOstler();
  const store = useLiveStore();
  const navigate = useNavigate();
  const servers = useServers();
  const selectors = useSelectors();
  const [version, setVersion] = useState(releases[0]?.version ?? '');
  const [target, setTarget] = useState('');
  const [stages, setStages] = useState('1, 10, 100');
  const percents = parseStages(stages);
  const chosen = targetOf(target, selectors);
  const meant = servers.filter((server) => isMeant(server, chosen) && server.agentVersion !== version);
  const affected = meant.filter(mayUpdate);
  const start = useMutation({
    mutationFn: () =>
      ostler.agentUpdates.startRollout({
        requestId: newRequestId(),
        version,
        ...chosen,
        stages: chosen.server ? [] : [...(percents ?? [])],
      }),
    onSuccess: ({ rollout }) => {
      store.putRollout(rollout);
      if (rollout) void navigate({ to: '/agents/$uid', params: { uid: rollout.uid } });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    start.mutate();
  };
  const refusal =
    percents === undefined
      ? 'Correct the stages first.'
      : affected.length === 0
        ? meant.length === 0
          ? 'Every server that is meant runs this release already.'
          : 'None of the servers that are meant can replace its agent; their pages say why.'
        : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Update agents"
      text="What the servers run goes on. An agent that does not come up healthy goes back by itself within a minute, and the rollout stops."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="update" refusal={refusal} busy={start.isPending}>
            Update {countText(affected.length, 'server')}
          </Button>
        </>
      }
    >
      <form id="update" onSubmit={submit} className="flex flex-col gap-4">
        <SelectField
          label="Release"
          value={version}
          onChange={setVersion}
          options={releases.map((one) => ({ value: one.version, label: one.version }))}
        />
        <SelectField
          label="Servers"
          value={target}
          onChange={setTarget}
          options={targetOptions(servers, selectors)}
        />
        {!chosen.server && (
          <TextField
            label="Stages"
            mono
            value={stages}
            onChange={setStages}
            help={STAGES_HELP}
            error={percents === undefined ? `"${stages}" is no such list.` : undefined}
          />
        )}
        {start.isError && <ErrorPanel error={start.error} />}
      </form>
    </Dialog>
  );
}

interface Target {
  readonly selector: Record<string, string>;
  readonly server: string;
}

function targetOptions(servers: readonly Server[], selectors: readonly SavedSelector[]) {
  return [
    { value: '', label: 'Every server' },
    ...selectors.map(({ name, servers: count }) => ({
      value: `@${name}`,
      label: `@${name}: ${countText(count, 'server')}`,
    })),
    ...servers.map(({ name }) => ({ value: name, label: name })),
  ];
}

function targetOf(target: string, selectors: readonly SavedSelector[]): Target {
  const selector = selectors.find(({ name }) => `@${name}` === target);
  if (selector) return { selector: selector.labels, server: '' };
  return { selector: {}, server: target };
}

/** A server that cannot replace its agent, or must not, is skipped. */
function mayUpdate({ capabilities }: Server): boolean {
  return capabilities.find(({ name }) => name === 'self-update')?.available !== false;
}

function isMeant(server: Server, { selector, server: name }: Target): boolean {
  return name ? server.name === name : hasLabels(server, selector);
}
