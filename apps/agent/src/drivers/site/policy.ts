/** What the local policy lets a Site ask of this server; the control plane cannot change it. */
export interface SitePolicy {
  /** Static and script roots must lie in one of these folders. */
  readonly roots: readonly string[];
  /** Who says so, for who is refused; absent: the defaults. */
  readonly rootsFrom?: string;
  /** FastCGI sockets must lie in one of these folders. */
  readonly socketFolders: readonly string[];
  /** Folders and sockets that no site may reach, whatever else allows it. */
  readonly refusedPaths: readonly string[];
  /** TCP ports of this server itself that no upstream may name: the agent's own, nginx's, the database's. */
  readonly refusedLocalPorts: readonly number[];
  /** Prefixes that no upstream address may lie in. */
  readonly refusedNetworks: readonly string[];
}

export const DEFAULT_SITE_POLICY: SitePolicy = {
  roots: ['/srv', '/var/www', '/usr/share/nginx'],
  socketFolders: ['/run', '/var/run'],
  refusedPaths: [
    '/run/docker.sock',
    '/run/docker',
    '/run/containerd',
    '/run/podman',
    '/run/systemd',
    '/run/dbus',
    '/run/udev',
    '/run/user',
    '/run/ostler',
  ],
  refusedLocalPorts: [],
  // RFC 3927 and RFC 4291 link-local (cloud metadata among it), "this network" (RFC 791), multicast, and the
  // unique-local address under which one large cloud serves its metadata on IPv6.
  refusedNetworks: [
    '0.0.0.0/8',
    '169.254.0.0/16',
    '224.0.0.0/4',
    '255.255.255.255/32',
    '::/128',
    'fe80::/10',
    'ff00::/8',
    'fd00:ec2::254/128',
  ],
};
