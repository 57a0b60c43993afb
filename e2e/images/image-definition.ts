import { join } from 'node:path';

/** Everything that makes one root file system. A change of any of it makes another cached image. */
export interface ImageDefinition {
  readonly name: string;
  readonly suite: string;
  readonly packages: readonly string[];
  /** A tree that is copied over the root, modes and links kept. */
  readonly overlay: string;
  /** Units that are linked to /dev/null: periodic work has no place in a test, nor has a screen. */
  readonly maskedUnits: readonly string[];
  /** Units that are installed but start only when a test starts them. */
  readonly disabledUnits: readonly string[];
  readonly sizeMebibytes: number;
  /** Not installed, but in a repository on the server's own disk, with what they need. */
  readonly repositoryPackages?: readonly string[];
}

const OPERATING_SYSTEM =
  'systemd systemd-sysv libpam-systemd dbus udev kmod procps iproute2 iptables ca-certificates curl openssl'.split(
    ' ',
  );

/** A plain Debian server with nginx running; PHP-FPM and sshd are there and wait to be started. */
export const BASE_IMAGE: ImageDefinition = {
  name: 'base',
  suite: 'bookworm',
  packages: [...OPERATING_SYSTEM, 'nginx-light', 'php8.2-fpm', 'openssh-server'],
  overlay: join(import.meta.dirname, 'overlay'),
  maskedUnits: [
    'apt-daily.timer',
    'apt-daily-upgrade.timer',
    'dpkg-db-backup.timer',
    'e2scrub_all.timer',
    'e2scrub_reap.service',
    'fstrim.timer',
    'phpsessionclean.timer',
    'console-getty.service',
    'getty@tty1.service',
    'systemd-pstore.service',
    'dev-mqueue.mount',
    'modprobe@drm.service',
    'sys-fs-fuse-connections.mount',
    'sys-kernel-config.mount',
  ],
  disabledUnits: ['ssh.service', 'php8.2-fpm.service'],
  sizeMebibytes: 6144,
};

/** The same without nginx, which `apt-get update` and `apt-get install nginx` bring as they do anywhere. */
export const IMAGE_WITHOUT_NGINX: ImageDefinition = {
  ...BASE_IMAGE,
  name: 'without-nginx',
  packages: BASE_IMAGE.packages.filter((name) => name !== 'nginx-light'),
  repositoryPackages: ['nginx', 'nginx-light'],
};
