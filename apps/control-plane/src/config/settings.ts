/** One setting, from the environment. docs/settings.md is written from this table. */
export interface Setting {
  readonly description: string;
  /** As text; empty means none, and the description says what that means. */
  readonly default: string;
  readonly example?: string;
  /** Never shown. */
  readonly secret?: boolean;
}

/** Every setting of the control plane. Nothing else is read from the environment. */
export const settings = {
  OSTLER_DATA: {
    description:
      'Folder of everything that is kept: database, master key, the local agent. Empty: /var/lib/ostler for root, else ~/.local/share/ostler.',
    default: '',
    example: '/srv/ostler',
  },
  DATABASE_URL: {
    description:
      'A PostgreSQL 16 or newer to use instead of the embedded one; the role owns the schema and may make roles.',
    default: '',
    example: 'postgres://ostler@db.example.com/ostler',
    secret: true,
  },
  DATABASE_DIRECT_URL: {
    description:
      'The same database past a connection pooler, for LISTEN and migrations. Empty: DATABASE_URL.',
    default: '',
    secret: true,
  },
  OSTLER_HTTP_PORT: {
    description: 'Port on loopback for console and API without TLS. When it is taken, the next free one.',
    default: '7070',
  },
  OSTLER_PUBLIC_PORT: {
    description: 'Port for console, API and joining servers over HTTPS. When it is taken, the next free one.',
    default: '7443',
  },
  OSTLER_AGENT_PORT: {
    description: 'Port for agents (mutual TLS). When it is taken, the next free one.',
    default: '7444',
  },
  OSTLER_PUBLIC_LISTEN: {
    description: 'Address that the HTTPS and agent ports listen on. Empty: every one of this machine.',
    default: '',
    example: '192.0.2.10',
  },
  OSTLER_PUBLIC_ADDRESS: {
    description:
      'Name or address under which people and servers reach this control plane. Empty: the first address of this machine.',
    default: '',
    example: 'ostler.example.com',
  },
  OSTLER_HOSTS: {
    description: 'Further host names that browsers may use for it, separated by commas, as behind a proxy.',
    default: '',
    example: 'panel.example.com,ostler.internal',
  },
  OSTLER_TLS_CERTIFICATE: {
    description:
      'PEM file of the certificate (with its chain) of the HTTPS port. Empty: one of the internal authority.',
    default: '',
  },
  OSTLER_TLS_KEY: { description: 'PEM file of the key of that certificate.', default: '' },
  OSTLER_MASTER_KEY_FILE: {
    description:
      'File with the 32 bytes that seal secrets. Empty: master.key in the data folder, made at first start.',
    default: '',
  },
  OSTLER_AGENT_RELEASES: {
    description:
      'Folder in which builds put signed releases of the agent; they are taken from there into agent-releases of the data folder. Empty: only what is put into that one.',
    default: '',
  },
  OSTLER_OWNER_EMAIL: {
    description: 'E-mail of the first owner, at first start.',
    default: 'owner@localhost',
  },
  OSTLER_LOCAL_AGENT: {
    description: 'on: this machine is managed too, by a child process. off: it is not.',
    default: 'on',
  },
  OSTLER_EXAMPLE_SITE: {
    description: 'on: the first start puts an example site on this machine. off: it does not.',
    default: 'on',
  },
  OSTLER_KEEP_OUTPUT_DAYS: {
    description: 'Days that the output of an operation is kept after its end. The operation itself stays.',
    default: '90',
  },
  OSTLER_KEEP_RELEASE_DAYS: {
    description:
      'Days that a published release is kept which no site uses and none of its newest revisions names.',
    default: '30',
  },
  OSTLER_KEEP_RELEASE_REVISIONS: {
    description:
      'How many of the newest revisions of each site keep the release that they name, so that a rollback finds it.',
    default: '10',
  },
  OSTLER_KEEP_REMOVAL_DAYS: {
    description:
      'Days that it is remembered what was removed: so long a watch may be away and go on where it was.',
    default: '30',
  },
  OSTLER_KEEP_SECRET_DAYS: {
    description: 'Days that the secrets of a resource are kept after it is gone from every server.',
    default: '7',
  },
  OSTLER_LOG_LEVEL: { description: 'Least level of the log: debug, info, warn or error.', default: 'warn' },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
