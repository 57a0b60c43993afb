export { NginxPresence } from './nginx-presence';
export type { Capability } from './probe.port';
export { isSystemdBooted } from './probes';
export { ServerFacts, type ServerFactsDeps } from './server-facts';
