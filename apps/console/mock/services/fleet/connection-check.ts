import { create } from '@bufbuild/protobuf';
import {
  type CheckConnectionResponse,
  CheckConnectionResponseSchema,
  type Server,
  Server_State,
} from '@ostler/contracts';

/** The steps that the control plane takes, as they end for a server in this state. */
export function checkConnection(server: Server): CheckConnectionResponse {
  const connected = server.state === Server_State.CONNECTED;
  const revoked = server.state === Server_State.REVOKED;
  const held = server.hold !== undefined;
  const ended = server.lastDisconnect || 'The server closed the connection.';
  const steps = [
    {
      title: 'Trust',
      passed: !revoked && !held,
      message: revoked
        ? 'The trust of this server was ended. A join token that replaces it brings a machine in its place.'
        : (server.hold?.message ?? 'Its certificate is good for 19 h.'),
    },
    {
      title: 'Control lane',
      passed: connected,
      message: connected ? 'Open since 26 h.' : `No lane. ${ended}`,
    },
    ...(connected
      ? [
          { title: 'Way to the agent and back', passed: true, message: '11 ms.', durationMs: 11 },
          { title: 'Telemetry lane', passed: true, message: 'Open.' },
          { title: 'Clock', passed: true, message: 'In step within 3 ms.' },
          { title: 'Manifest', passed: true, message: `Revision ${server.revision} is stored there.` },
        ]
      : []),
  ];
  const failed = steps.find(({ passed }) => !passed);
  return create(CheckConnectionResponseSchema, {
    steps,
    reachable: connected && !held,
    message: failed
      ? `${failed.title}: ${failed.message} Look there with: systemctl status ostler-agent.`
      : 'The agent answered in 11 ms.',
  });
}
