export {
  beginSeveralServers,
  bootServer,
  type BootOptions,
  closeTestNetwork,
  testNetwork,
} from './boot-server';
export type { ExecOptions, ExecOutput } from './command-channel';
export { whyNoTestServers } from './machine/machine-packages';
export type { PartitionDirection, TestNetwork } from './test-network';
export { CommandFailed, type TestServer } from './test-server';
export { ensureImage } from '../images/ensure-image';
export { BASE_IMAGE, IMAGE_WITHOUT_NGINX, type ImageDefinition } from '../images/image-definition';
export {
  bootJoinedServer,
  joinArguments,
  type JoinedServer,
  joinServer,
  waitForConnected,
} from './joined-server';
export {
  freshDataFolder,
  type OstlerProcess,
  OWNER_EMAIL,
  OWNER_PASSWORD,
  startOstler,
} from './ostler-process';
export { agentReleases } from './agent-releases';
export { type ConnectProxy, startConnectProxy } from './connect-proxy';
export { type Pebble, startPebble } from './pebble';
export { waitFor } from './wait-for';
