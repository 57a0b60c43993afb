import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import {
  type CheckConnectionResponse,
  CheckConnectionResponseSchema,
  type Server,
  Server_State,
} from '@ostler/contracts';

type Step = NonNullable<MessageInitShape<typeof CheckConnectionResponseSchema>['steps']>[number];

/** The steps that the control plane takes, as they end for a server in this state. */
export function checkConnection(server: Server): CheckConnectionResponse {
  const connected = server.state === Server_State.CONNECTED;
  const trusted = trust(server);
  const way: Step[] = [
    { title: 'Known here', passed: true, message: `${server.name} joined 30 d ago.` },
    trusted,
    ...(trusted.passed ? [controlLane(server)] : []),
  ];
  const beside: Step[] = [
    { title: 'To the agent and back', passed: true, message: 'The agent answered in 11 ms.', durationMs: 11 },
    { title: 'Telemetry lane', passed: true, message: 'Open: output of operations comes in.' },
    { title: 'Clock', passed: true, message: 'In step within 3 ms.' },
    { title: 'Manifest', passed: true, message: `Revision ${server.revision} is stored there.` },
  ];
  const broken = way.find(({ passed }) => !passed);
  return create(CheckConnectionResponseSchema, {
    steps: connected && !broken ? [...way, ...beside] : way,
    reachable: !broken,
    message: broken?.message ?? `The agent of ${server.name} answered in 11 ms.`,
  });
}

function trust(server: Server): Step {
  if (server.state === Server_State.REVOKED) {
    return {
      title: 'Trust',
      passed: false,
      message: `The trust of ${server.name} was ended. It is not let in again; to put a machine in its place: ostler join-tokens create --replaces ${server.name}.`,
    };
  }
  if (server.hold) return { title: 'Trust', passed: false, message: server.hold.message };
  const end = server.certificateExpiresAt;
  const isGood = end && timestampMs(end) > Date.now();
  return {
    title: 'Trust',
    passed: true,
    message: isGood
      ? 'Its certificate ends in 18 h; the agent renews it by itself.'
      : 'Its certificate ended 2 h ago; when the agent is back it gets a new one with its key.',
  };
}

function controlLane(server: Server): Step {
  const title = 'Control lane';
  if (server.state === Server_State.CONNECTED) return { title, passed: true, message: 'Open for 26 h.' };
  const look =
    'look on the server at "systemctl status ostler-agent" and "journalctl -u ostler-agent -n 50", and whether it reaches ostler.example:7444';
  const why = server.lastDisconnect ? ` ${server.lastDisconnect}` : '';
  const message = `The agent of ${server.name} is not connected.${why} To go on: ${look}.`;
  return { title, passed: false, message };
}
