export { Addresses } from './addresses';
export { ConsoleFiles } from './console-files';
export { listenNear, listenOn } from './listen';
export { hostnameOf, ownHosts, type OwnHosts } from './own-hosts';
export { PlainServer } from './plain-server';
export { requestListener } from './request-listener';
export { SecureServer, type TlsFiles } from './secure-server';
export type { SiteRoutes } from './site-routes';
