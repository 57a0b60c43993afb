import { join } from 'node:path';
import { ensureImage } from '../images/ensure-image';
import { BASE_IMAGE, type ImageDefinition } from '../images/image-definition';
import { RUNS_FOLDER } from './run-claim';
import { ServerPlaces, SERVERS_OF_A_FILE } from './server-places';
import { TestNetwork } from './test-network';
import { TestServer } from './test-server';

export interface BootOptions {
  /** Also the server's host name; unique among the servers of this run. */
  readonly name: string;
  readonly memoryMiB?: number;
  readonly image?: ImageDefinition;
}

const CHANNEL_PORT = 1023;
const DEFAULT_MEMORY_MIB = 512;
const BOOT_TRIES = 3;
const CONSOLE_TAIL_LINES = 60;

const booted = new Set<string>();
const places = new ServerPlaces(RUNS_FOLDER);
let network: Promise<TestNetwork> | undefined;

/** The network of this test process, made at the first call. A reaper ends it with the process. */
export function testNetwork(): Promise<TestNetwork> {
  network ??= TestNetwork.create(CHANNEL_PORT).catch((error: unknown) => {
    network = undefined;
    throw error;
  });
  return network;
}

/** Ends the network and every server and process in it now, instead of at the end of the process. */
export async function closeTestNetwork(): Promise<void> {
  const closing = network;
  network = undefined;
  booted.clear();
  await (await closing)?.close();
  await places.giveBackAll();
}

/** For a file that has several servers on at once, before its first boot: waits until no other such file runs. */
export function beginSeveralServers(): Promise<void> {
  return places.beginSeveral();
}

/**
 * Boots a fresh server and returns when systemd has started everything, nginx included: about 8 s; the very first
 * call on a machine builds the image, about 30 s more. At most three servers are on at once on a machine: it waits for its
 * place.
 * A boot that fails is tried again twice; the last error carries the end of the console.
 */
export async function bootServer(options: BootOptions): Promise<TestServer> {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(options.name)) throw new Error(`"${options.name}" is no server's name`);
  if (booted.has(options.name)) throw new Error(`a server called ${options.name} is booted already`);
  if (booted.size >= SERVERS_OF_A_FILE) {
    throw new Error(
      `${[...booted].join(' and ')} are booted; stop one first: at most ${SERVERS_OF_A_FILE} in a file`,
    );
  }
  booted.add(options.name);
  try {
    await places.take(options.name);
    const image = await ensureImage(options.image ?? BASE_IMAGE);
    return await bootWithRetries(await testNetwork(), image, options);
  } catch (error) {
    await leave(options.name);
    throw error;
  }
}

async function leave(name: string): Promise<void> {
  booted.delete(name);
  await places.giveBack(name);
}

async function bootWithRetries(
  network: TestNetwork,
  image: string,
  options: BootOptions,
): Promise<TestServer> {
  for (let attempt = 1; ; attempt += 1) {
    const server = await makeServer(network, image, options, attempt);
    try {
      await server.powerOn();
      return server;
    } catch (error) {
      const tail = (await server.consoleLog()).split('\n').slice(-CONSOLE_TAIL_LINES).join('\n');
      await server.stop();
      if (attempt === BOOT_TRIES) {
        throw new Error(`${options.name} did not boot in ${BOOT_TRIES} tries. Its console:\n${tail}`, {
          cause: error,
        });
      }
      console.warn(
        `${options.name} did not boot, try ${attempt} of ${BOOT_TRIES}: ${String(error)}\n${tail}`,
      );
      booted.add(options.name);
      await places.take(options.name);
    }
  }
}

async function makeServer(
  network: TestNetwork,
  image: string,
  options: BootOptions,
  attempt: number,
): Promise<TestServer> {
  const link = await network.addLink();
  const file = (ending: string) => join(network.folder, `${options.name}-${link.index}-${attempt}.${ending}`);
  const settings = {
    name: options.name,
    memoryMebibytes: options.memoryMiB ?? DEFAULT_MEMORY_MIB,
    image,
    disk: file('cow'),
    console: file('console.log'),
    link: link.name,
    addresses: link.addresses,
    channelPort: CHANNEL_PORT,
  };
  return new TestServer(network, settings, link.index, () => leave(options.name));
}
