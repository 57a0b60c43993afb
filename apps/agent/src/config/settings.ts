interface Setting {
  readonly description: string;
  readonly default: string;
}

/** Every setting of the agent, in the environment or in its file; the settings page is checked against it. */
export const SETTINGS = {
  OSTLER_STATE_FOLDER: {
    description: 'Folder in which the agent keeps what it knows and what it serves.',
    default: '/var/lib/ostler-agent',
  },
  OSTLER_CONTROL_URL: {
    description: 'Where the control plane is reached, when it has moved since this server joined.',
    default: '',
  },
  OSTLER_AGENT_ADDRESS: {
    description: 'host:port of its port for agents, when that has moved since this server joined.',
    default: '',
  },
  OSTLER_JOIN_TOKEN: {
    description:
      'Join token with which an agent that has not joined does so when it starts, at OSTLER_CONTROL_URL: for containers.',
    default: '',
  },
  OSTLER_LISTENER_PIN: {
    description:
      'For that join: `sha256//...` of the public key of the control plane (--pinnedpubkey of the join command).',
    default: '',
  },
  OSTLER_CA_PIN: {
    description: 'For that join: `sha256//...` of its certificate authority (--ca of the join command).',
    default: '',
  },
  OSTLER_SERVER_NAME: {
    description: 'For that join: the wished name of the server; empty means its host name.',
    default: '',
  },
  OSTLER_PROXY: {
    description:
      'HTTP proxy through which the control plane is reached, like http://proxy.example:3128, when it is another one than at the join.',
    default: '',
  },
  OSTLER_LOG_LEVEL: { description: 'Least level of the log: debug, info, warn or error.', default: 'info' },
  OSTLER_NGINX_MODE: {
    description:
      "auto (the system's own nginx where systemd runs it, else one of the agent's) or private (one of the agent's).",
    default: 'auto',
  },
  OSTLER_NGINX_HTTP_PORT: {
    description:
      'Port of the sites for HTTP; empty means 80, and for a private nginx 8080 or the next free one.',
    default: '',
  },
  OSTLER_NGINX_HTTPS_PORT: {
    description:
      'Port of the sites for HTTPS; empty means 443, and for a private nginx 8443 or the next free one.',
    default: '',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
